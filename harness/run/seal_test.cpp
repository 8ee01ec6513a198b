// Whatever happens to a sealed run's files, it is noticed.
#include "harness/run/seal.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <functional>
#include <nlohmann/json.hpp>

#include "harness/core/check.h"
#include "harness/core/journal.h"
#include "harness/core/prng.h"
#include "harness/core/record_json.h"
#include "harness/run/load_end.h"

using namespace harness;
namespace fs = std::filesystem;

namespace {

struct SealedRun {
  SealedRun() {
    char name[] = "/tmp/harness-seal-XXXXXX";
    root = ::mkdtemp(name);
    files = create_run_directory(root, "s", 1);
    RunRecord record;
    record.nodes.resize(2);
    record.info.end = 7 * kSecond;
    FaultRecord fault;
    fault.fault = "kill";
    FaultJournal(files).write(0, fault);
    View view;
    write_file(files.topology(), view_line(view) + seen_line(5, 0));
    const JournalSlot header = JournalSum().header();
    write_file(files.history(), {reinterpret_cast<const char*>(header.data()), header.size()});
    FinalData data;
    data.complete = true;
    record.final_data = {data};
    save_final_data(files, record);
    data.values["queue"] = "full";
    save_load_end(files, {data});
    save_run(files, record);
    seal_run(files);
  }
  ~SealedRun() { fs::remove_all(root); }
  SealedRun(const SealedRun&) = delete;
  SealedRun& operator=(const SealedRun&) = delete;

  bool notices() const { return !load_run(files).damage.empty(); }

  fs::path root;
  RunFiles files;
};

std::vector<fs::path> evidence(const RunFiles& files) {
  return {files.run(),        files.history(),      files.topology(), files.faults(),
          files.final_data(), load_end_file(files), files.seal()};
}

}  // namespace

TEST_CASE("what nodes held at the end of the load stands before what they held in the end") {
  const SealedRun run;
  const auto all = load_run(run.files).final_data;
  REQUIRE(all.size() == 2);
  CHECK(all[0].values.contains("queue"));
  CHECK(all[1].values.empty());
  fs::remove(run.files.final_data());  // then nobody takes the one for the other
  CHECK(load_run(run.files).final_data.empty());
}

TEST_CASE("a run as it was sealed has no damage, one of an earlier release needs no seal") {
  const SealedRun run;
  CHECK(load_run(run.files).damage.empty());
  CHECK(load_run(run.files).faults.size() == 1);
  write_file(run.files.results(), "{}");  // a report made later
  CHECK(load_run(run.files).damage.empty());
  CHECK(damage_since_seal({run.root}, false).empty());
  fs::remove(run.files.seal());
  CHECK(load_run(run.files).damage.size() == 1);
}

TEST_CASE("a file removed, emptied, zeroed or cut anywhere is named") {
  const SealedRun run;
  for (const fs::path& file : evidence(run.files)) {
    INFO(file);
    const std::string whole = read_file(file);
    if (file != run.files.run()) {
      fs::remove(file);
      CHECK(run.notices());
    }
    write_file(file, std::string(whole.size(), '\0'));
    CHECK(run.notices());
    // The last byte of the seal is a newline, which says nothing.
    for (std::size_t size = 0; size + (file == run.files.seal() ? 1 : 0) < whole.size(); ++size) {
      write_file(file, whole.substr(0, size));
      if (!run.notices()) FAIL("cut to " << size << " of " << whole.size() << " bytes");
    }
    write_file(file, whole);
    CHECK_FALSE(run.notices());
  }
}

TEST_CASE("a flipped bit is named, wherever it is") {
  const SealedRun run;
  Prng prng(20261129);
  for (const fs::path& file : evidence(run.files)) {
    INFO(file);
    const std::string whole = read_file(file);
    for (std::size_t at = 0; at < whole.size(); ++at) {
      std::string flipped = whole;
      flipped[at] = static_cast<char>(flipped[at] ^ (1 << (prng.next() % 8)));
      write_file(file, flipped);
      // White space of the seal says nothing.
      const bool space = file == run.files.seal() && std::isspace(static_cast<unsigned char>(whole[at]));
      if (!space && !run.notices()) FAIL("byte " << at << " of " << whole.size());
    }
    write_file(file, whole);
  }
}

TEST_CASE("lines that cannot be understood are damage, a torn last line of a killed run is not") {
  const SealedRun run;
  RunRecord killed;
  save_run(run.files, killed);
  fs::remove(run.files.seal());
  const std::string faults = read_file(run.files.faults());
  write_file(run.files.faults(), faults + "{\"number\": 1, \"fau");
  CHECK(load_run(run.files).damage.empty());
  write_file(run.files.faults(), "{\"number\": 1, \"fau\n" + faults);
  REQUIRE(load_run(run.files).damage.size() == 1);
  CHECK(load_run(run.files).damage[0] == "faults.jsonl has 1 line that cannot be understood");
  write_file(run.files.faults(), faults);
  write_file(run.files.history(), "no journal at all, but long enough to be one");
  REQUIRE(load_run(run.files).damage.size() == 1);
  CHECK_THAT(load_run(run.files).damage[0], Catch::Contains("history.journal"));
}

TEST_CASE("the history alone is known to be damaged, too, and numbers that fit no node are damage") {
  const SealedRun run;
  CHECK(load_run_info(run.files).damage.empty());
  write_file(run.files.history(), read_file(run.files.history()) + "more");
  const auto damage = load_run_info(run.files).damage;
  REQUIRE(damage.size() == 1);
  CHECK_THAT(damage[0], Catch::Contains("history.journal"));

  fs::remove(run.files.seal());
  auto json = nlohmann::json::parse(read_file(run.files.run()));
  json["sealed"] = false;
  json["nodes"] = nlohmann::json::array({NodeInfo{}});
  json["nodes"][0]["shard"] = -1;
  write_file(run.files.run(), json.dump());
  CHECK_THAT(load_run(run.files).damage.at(0), Catch::Contains("run.json cannot be understood"));
}

TEST_CASE("of a run whose run.json was changed nothing is left but that damage") {
  const SealedRun run;
  write_file(run.files.topology(), "");
  write_file(run.files.run(), read_file(run.files.run()) + " ");
  const RunRecord record = load_run(run.files);
  REQUIRE(record.damage.size() == 1);
  CHECK_THAT(record.damage[0], Catch::StartsWith("run.json ") && Catch::EndsWith("nothing can be judged"));
  CHECK(record.faults.empty());
}

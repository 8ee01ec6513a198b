// Whatever happens to the files of a run that was killed, it is noticed.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "harness/core/check.h"
#include "harness/core/crc32.h"
#include "harness/core/prng.h"
#include "harness/evidence/evidence_file.h"
#include "harness/evidence/tally.h"

using namespace harness;
namespace fs = std::filesystem;

namespace {

std::string read(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write(const fs::path& file, const std::string& text) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << text;
}

/// What a run that was killed leaves: two journals, a document, a log that grew after it was last looked at.
struct Killed {
  Killed() {
    char name[] = "/tmp/harness-evidence-XXXXXX";
    directory = ::mkdtemp(name);
    fs::create_directories(directory / "nodes/n1");
    Tally tally(directory);
    tally.note_document(directory / "run.json", "{\"a\": 1}\n");
    write(directory / "run.json", "{\"a\": 1}\n");
    EvidenceFile faults(directory / "faults.jsonl", &tally);
    EvidenceFile topology(directory / "topology.jsonl", &tally);
    for (int i = 0; i < 4; ++i) {
      faults.append("{\"number\":" + std::to_string(i) + "}\n");
      topology.append("{\"seen\":[1,0]}\n{\"seen\":[1,1]}\n");
    }
    write(log(), "one\ntwo\n");
    tally.follow(log());
    write(log(), "one\ntwo\nthree\n");
  }
  ~Killed() { fs::remove_all(directory); }
  Killed(const Killed&) = delete;
  Killed& operator=(const Killed&) = delete;

  fs::path log() const { return directory / "nodes/n1/server.log"; }
  std::vector<std::string> damage() const { return damage_since_tally(directory, true); }

  fs::path directory;
};

const char* const kFiles[] = {"run.json", "faults.jsonl", "topology.jsonl", "nodes/n1/server.log",
                              "tally.jsonl"};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1)
    lines.push_back(text.substr(at, text.find('\n', at) + 1 - at));
  return lines;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line;
  return text;
}

}  // namespace

TEST_CASE("what a killed run left is whole, with and without what was not counted yet") {
  const Killed run;
  CHECK(run.damage().empty());
  // The line was written, and its count was not.
  const std::string tally = read(run.directory / "tally.jsonl");
  EvidenceFile(run.directory / "faults.jsonl").append("{\"number\":4}\n");
  CHECK(run.damage().empty());
  write(run.directory / "faults.jsonl", read(run.directory / "faults.jsonl") + "{\"numb");
  CHECK(run.damage().empty());
  write(run.directory / "tally.jsonl", tally);
  CHECK(damage_since_tally(run.directory / "nodes", false).empty());  // of an earlier release
}

TEST_CASE("every file removed, emptied, cut, zeroed or changed in a byte is named") {
  const Killed run;
  Prng prng(20261129);
  for (const std::string name : kFiles) {
    INFO(name);
    const fs::path file = run.directory / name;
    const std::string whole = read(file);
    const std::size_t counted = file == run.log() ? 8 : whole.size();
    const auto named = [&] {
      const auto damage = run.damage();
      return damage.size() == 1 && damage[0].starts_with(name);
    };
    fs::remove(file);
    CHECK(named());
    for (std::size_t size = 0; size < counted; ++size) {
      CAPTURE(size);
      write(file, whole.substr(0, size));
      REQUIRE(named());
      write(file, whole.substr(0, size) + std::string(whole.size() - size, '\0'));
      REQUIRE(named());
      std::string flipped = whole;
      flipped[size] = static_cast<char>(flipped[size] ^ (1 << (prng.next() % 8)));
      write(file, flipped);
      REQUIRE(named());
    }
    write(file, whole);
    REQUIRE(run.damage().empty());
  }
}

TEST_CASE("lines doubled, exchanged or taken out are named, and where they are") {
  const Killed run;
  for (const std::string name : {"faults.jsonl", "topology.jsonl", "tally.jsonl"}) {
    const fs::path file = run.directory / name;
    const std::string whole = read(file);
    const std::vector<std::string> lines = lines_of(whole);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      CAPTURE(name, i);
      auto without = lines;
      without.erase(without.begin() + static_cast<std::ptrdiff_t>(i));
      auto doubled = lines;
      doubled.insert(doubled.begin() + static_cast<std::ptrdiff_t>(i), lines[i]);
      auto exchanged = lines;
      std::swap(exchanged[i], exchanged[(i + 1) % lines.size()]);
      for (const auto& changed : {without, doubled, exchanged}) {
        write(file, joined(changed));
        const auto damage = run.damage();
        REQUIRE(damage.size() == 1);
        CHECK_THAT(damage[0], Catch::StartsWith(name));
      }
    }
    write(file, whole);
  }
  auto lines = lines_of(read(run.directory / "faults.jsonl"));
  lines[2].replace(10, 1, "7");
  write(run.directory / "faults.jsonl", joined(lines));
  CHECK(run.damage().at(0) == "faults.jsonl is not as it was written, from line 3 on");
}

TEST_CASE("a log that was begun anew is followed from there, a disk that fills up fails for good") {
  const Killed run;
  Tally tally(run.directory);
  tally.follow(run.log());
  write(run.log(), "new\n");
  tally.follow(run.log());
  CHECK(run.damage().empty());
  const auto entries = read_tally(read(run.directory / "tally.jsonl"));
  REQUIRE(entries);
  CHECK(entries->at(0).bytes == 4);
  CHECK(entries->at(0).sum == crc32(0, "new\n"));
  EvidenceFile full("/dev/full");
  CHECK_THROWS_AS(full.append("{\"a\":1}\n"), EnvironmentError);
  CHECK_THROWS_WITH(full.append("{\"a\":1}\n"), Catch::Contains("No space left"));
}

#include "harness/run/store.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>

#include "harness/core/check.h"

using namespace harness;
namespace fs = std::filesystem;

namespace {

struct TemporaryStore {
  TemporaryStore() {
    char name[] = "/tmp/harness-store-XXXXXX";
    root = ::mkdtemp(name);
  }
  ~TemporaryStore() { fs::remove_all(root); }
  fs::path root;
};

RunFiles stored_run(const fs::path& root, std::uint64_t seed) {
  const RunFiles files = create_run_directory(root, "failover-basic", seed);
  RunRecord record;
  record.info.id = files.directory.filename();
  record.info.seed = seed;
  record.info.scenario = "failover-basic";
  record.nodes.resize(2);
  record.nodes[1].name = "n2";
  save_run(files, record);
  point_latest_at(files);
  return files;
}

}  // namespace

TEST_CASE("a run is found by directory, id, prefix and latest") {
  const TemporaryStore store;
  const RunFiles first = stored_run(store.root, 11);
  const RunFiles second = stored_run(store.root, 22);
  CHECK(find_run(store.root, first.directory.string()).directory == fs::canonical(first.directory));
  CHECK(find_run(store.root, first.directory.filename()).directory == fs::canonical(first.directory));
  CHECK(find_run(store.root, "latest").directory == fs::canonical(second.directory));
  CHECK_THROWS_WITH(find_run(store.root, "2"), Catch::Contains("several"));
  CHECK_THROWS_WITH(find_run(store.root, "nothing-like-it"), Catch::Contains("latest"));
  CHECK_THROWS_AS(find_run(store.root / "empty", "latest"), UsageError);
}

TEST_CASE("two runs of one seed in one second get directories of their own") {
  const TemporaryStore store;
  CHECK(create_run_directory(store.root, "s", 1).directory !=
        create_run_directory(store.root, "s", 1).directory);
}

TEST_CASE("a run reads back, also one that was killed before anything but run.json was there") {
  const TemporaryStore store;
  const RunFiles files = stored_run(store.root, 33);
  const RunRecord record = load_run(files);
  CHECK(record.info.seed == 33);
  REQUIRE(record.nodes.size() == 2);
  CHECK(record.nodes[1].name == "n2");
  CHECK(record.history.operations.empty());
  CHECK(record.info.interrupted);  // it has no end
}

TEST_CASE("faults are journaled as they change; the last word of each counts, a torn line does not") {
  const TemporaryStore store;
  const RunFiles files = stored_run(store.root, 44);
  FaultJournal journal(files);
  FaultRecord fault;
  fault.fault = "pause";
  fault.heals = true;
  fault.active = 5;
  journal.write(0, fault);
  fault.healed = 9;
  journal.write(0, fault);
  fault.fault = "kill";
  journal.write(1, fault);
  const std::string text = read_file(files.faults());
  write_file(files.faults(), text + "{\"number\": 2, \"fau");
  const RunRecord record = load_run(files);
  REQUIRE(record.faults.size() == 2);
  CHECK(record.faults[0].healed == 9);
  CHECK(record.faults[1].fault == "kill");
}

TEST_CASE("an unwritable store is an environment error with the mend") {
  CHECK_THROWS_WITH(create_run_directory("/proc/store", "s", 1), Catch::Contains("--store"));
}

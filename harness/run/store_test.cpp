#include "harness/run/store.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>

#include "harness/builds/flavor.h"
#include "harness/core/check.h"
#include "harness/run/breaking_off.h"
#include "harness/run/node_logs.h"

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

TEST_CASE("a run that was killed before it recorded anything can be carried out again, and not judged") {
  const TemporaryStore store;
  const RunFiles files = create_run_directory(store.root, "s", 1);
  save_plan(files, {});
  CHECK_THROWS_WITH(find_run(store.root, files.directory),
                    Catch::Contains("harness run --plan " + files.plan().string()));
}

TEST_CASE("a run is found by its whole id, also where another one begins with it") {
  const TemporaryStore store;
  const RunFiles first = create_run_directory(store.root, "s", 1);
  const RunFiles second = create_run_directory(store.root, "s", 1);
  for (const RunFiles& files : {first, second}) save_run(files, {});
  CHECK(find_run(store.root, first.directory.filename()).directory == fs::canonical(first.directory));
  CHECK(find_run(store.root, second.directory.filename()).directory == fs::canonical(second.directory));
}

TEST_CASE("whatever a scenario is called, its run's directory has a plain name") {
  const TemporaryStore store;
  const RunFiles files = create_run_directory(store.root, "od\x1b[2J d/\xff.e", 7);
  CHECK_THAT(files.directory.filename().string(), Catch::EndsWith("-od__2J_d__.e-7"));
  CHECK(files.directory.parent_path() == fs::absolute(store.root));
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

TEST_CASE("faults are journaled as they change, the last word of each counts, a torn line does not") {
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

TEST_CASE("what a fault moves before it strikes is a change of the membership by itself") {
  const TemporaryStore store;
  const RunFiles files = stored_run(store.root, 46);
  FaultRecord fault;
  fault.fault = "migrate-then-kill";
  fault.prepared = 2 * kSecond;
  fault.requested = 4 * kSecond;
  fault.active = fault.requested + kMillisecond;
  fault.nodes = {4, 0, 1};
  fault.effects.resize(2);
  fault.effects[0].kind = EffectKind::kMembership;
  fault.effects[0].nodes = {0, 1};
  fault.effects[1].kind = EffectKind::kDown;
  fault.effects[1].nodes = {4};
  FaultJournal(files).write(0, fault);
  const RunRecord record = load_run(files);
  REQUIRE(record.faults.size() == 2);
  const FaultRecord& before = record.faults[0];
  CHECK(before.requested == 2 * kSecond);
  CHECK(before.healed == 4 * kSecond);
  CHECK(before.nodes == std::vector<int>{0, 1});
  REQUIRE(before.effects.size() == 1);
  CHECK(before.effects[0].kind == EffectKind::kMembership);
  CHECK(record.faults[1].requested == 4 * kSecond);
  CHECK(record.faults[1].effects.size() == 2);
}

TEST_CASE("a harness that is killed while a fault acts leaves a record that ends before it") {
  const TemporaryStore store;
  const RunFiles files = stored_run(store.root, 45);
  fs::create_directories(files.nodes() / "n2");
  RunRecord run = load_run(files);
  run.info.started_unix_ms = 1'700'000'000'000;
  save_run(files, run);
  const auto log = [&](int ms) { return "7:M 14 Nov 2023 22:13:20." + std::to_string(ms) + " * a line\n"; };
  write_file(NodeFiles{files.nodes() / "n2"}.log(),
             log(100) + log(200) + "\n=== REDIS BUG REPORT START\n" + log(300) + "crashed by signal: 11\n");
  const auto lines = [&] { return load_run(files).logs.size(); };
  const std::size_t all = lines();
  FaultJournal journal(files);
  FaultRecord fault;
  fault.fault = "debug-segfault";
  fault.requested = 290 * kMillisecond;
  journal.write_acting(0, fault);
  CHECK(load_run(files).faults.empty());
  CHECK(lines() < all - 1);
  for (const LogLine& line : load_run(files).logs) {
    CHECK(line.time <= 200 * kMillisecond);
    CHECK(line.text.find("BUG REPORT") == std::string::npos);
  }
  fault.active = 295 * kMillisecond;
  journal.write(0, fault);
  CHECK(lines() == all);
  CHECK(load_run(files).faults.size() == 1);
  StepJournal steps(files);
  CommandRecord command;
  command.step = "crash";
  command.time = 150 * kMillisecond;
  command.node = 1;
  steps.write_sent(command);
  CHECK(lines() == 1);
  command.replied = 400 * kMillisecond;
  steps.write(command);
  CHECK(lines() == all);
  CHECK(load_run(files).commands.size() == 1);
}

TEST_CASE("of a run that failed early there are the nodes' logs, in time from the first line on") {
  const TemporaryStore store;
  fs::create_directories(store.root / "n1");
  fs::create_directories(store.root / "n2");
  write_file(NodeFiles{store.root / "n1"}.log(), "7:M 14 Nov 2023 22:13:20.500 * ready\n");
  write_file(NodeFiles{store.root / "n2"}.log(), "8:M 14 Nov 2023 22:13:21.750 # cannot go on\n");
  RunRecord record;
  record.plan.cluster.config.masters = 1;
  add_logs_of_failed_run(store.root, record);
  REQUIRE(record.nodes.size() == 2);
  CHECK(record.nodes[0].master);
  CHECK_FALSE(record.nodes[1].master);
  REQUIRE(record.logs.size() == 2);
  CHECK(record.logs[0].time == 0);
  CHECK(record.logs[1].time == 1250 * kMillisecond);
  CHECK(record.logs[1].node == 1);
}

TEST_CASE("an operation that ended while a fault acted is one whose outcome nobody knows") {
  RunRecord run;
  run.history.operations.resize(3);
  auto& operations = run.history.operations;
  for (std::size_t i = 0; i < 3; ++i) {
    operations[i].invoked = static_cast<Nanos>(i) * kSecond;
    operations[i].completed = operations[i].invoked + 1500 * kMillisecond;
    operations[i].outcome = Outcome::kOk;
  }
  forget_from(run, 2 * kSecond);
  REQUIRE(operations.size() == 2);
  CHECK(operations[0].outcome == Outcome::kOk);
  CHECK(operations[1].outcome == Outcome::kInfo);
  CHECK(operations[1].completed == kNever);
}

TEST_CASE("an unwritable store is an environment error with the mend") {
  CHECK_THROWS_WITH(create_run_directory("/proc/store", "s", 1), Catch::Contains("--store"));
}

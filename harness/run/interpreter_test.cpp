// The load against a real cluster of three masters; what it recorded is read back from the journal, as the
// checkers will.
#include "harness/run/interpreter.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <csignal>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/cluster/test_support.h"
#include "harness/core/wait.h"
#include "harness/run/load_set.h"
#include "harness/run/store.h"
#include "workloads/workloads.h"

using namespace harness;
using namespace std::chrono_literals;

namespace {

/// A cluster, a recorder, and client groups of the register workload.
class Load {
 public:
  Load() : files_{test_.directory()}, recorder_(std::make_unique<Recorder>(files_.history(), clock_)) {
    for (const NodeInfo& node : test_.cluster().infos()) {
      recorder_->node(node.name);
      nodes_.push_back(
          {node.name, {boost::asio::ip::make_address(node.ip), static_cast<std::uint16_t>(node.port)}});
      shards_.push_back(node.slots);
    }
  }

  std::unique_ptr<LoadThread> group(int number, int groups, LoadOptions options) {
    return group(number, groups, options, processes_);
  }
  std::unique_ptr<LoadThread> group(int number, int groups, LoadOptions options, ProcessNumbers& processes) {
    const WorkloadEntry& workload = *find_workload("register");
    const WorkloadSetup setup{
        *recorder_, load_options(workload, workload_options, "test"), "register:", shards_, number, groups};
    return std::make_unique<LoadThread>([] {}, nodes_, workload.make(setup),
                                        Prng(1).split("operations", static_cast<std::uint64_t>(number)),
                                        options, *recorder_, processes);
  }
  void wait_for_events(std::uint64_t events) {
    wait_until("the load", 60s, [&] { return recorder_->events() >= events; });
  }
  /// Reading back also proves that no process had two operations open, or came back after an info.
  History history() {
    recorder_.reset();
    return load_history(files_);
  }
  Cluster& cluster() { return test_.cluster(); }
  Recorder& recorder() { return *recorder_; }
  Nanos now() const { return clock_.now(); }

  nlohmann::json workload_options = {{"once", 0}};

 private:
  TestCluster test_{3, 0};
  RunFiles files_;
  RunClock clock_;
  std::unique_ptr<Recorder> recorder_;
  ProcessNumbers processes_;
  std::vector<ClientNode> nodes_;
  std::vector<SlotRanges> shards_;
};

}  // namespace

TEST_CASE("a healthy cluster answers, by the node that serves the key") {
  Load load;
  auto group = load.group(0, 1, {8, 0, 10s});
  group->start();
  load.wait_for_events(4000);
  group->finish();
  CHECK_NOTHROW(group->check());
  const auto completed = load.recorder().operations_ok() + load.recorder().operations_failed() +
                         load.recorder().operations_info();
  CHECK(load.recorder().events() == 2 * completed);  // nothing is left open
  const History history = load.history();
  REQUIRE(history.operations.size() >= 2000);
  std::set<std::int32_t> processes;
  std::set<std::string> nodes;
  for (const Operation& op : history.operations) {
    REQUIRE(op.complete_event != kNoEvent);
    REQUIRE(op.error == kNoError);  // a compare-and-set may fail, and says no error
    REQUIRE((op.outcome == Outcome::kOk || op.function == Function::kCas));
    processes.insert(op.process);
    nodes.insert(std::string(history.node_text(op)));
  }
  CHECK(processes.size() == 8);
  CHECK(nodes == std::set<std::string>{"n1", "n2", "n3"});
  CHECK(group->moved() == 0);
}

TEST_CASE("values are unique for each key, over both client groups") {
  Load load;
  auto one = load.group(0, 2, {4, 0, 10s});
  auto two = load.group(1, 2, {4, 0, 10s});
  one->start();
  two->start();
  load.wait_for_events(4000);
  one->finish();
  two->finish();
  const History history = load.history();
  std::map<std::uint32_t, std::set<std::int64_t>> written;
  std::set<std::int32_t> processes;
  std::size_t writes = 0;
  for (const Operation& op : history.operations) {
    processes.insert(op.process);
    if (op.function == Function::kRead) continue;
    ++writes;
    const Value value =
        op.function == Function::kWrite ? op.argument : history.values.as_list(op.argument)[1];
    REQUIRE(written[op.key].insert(value.as_integer()).second);
  }
  CHECK(writes > 500);
  CHECK(processes.size() == 8);  // numbers of their own in each group
}

TEST_CASE("an info retires its process for good, and a fresh one takes its place") {
  Load load;
  constexpr std::int32_t kProcesses = 6;
  auto group = load.group(0, 1, {kProcesses, 0, 3s});
  group->start();
  load.wait_for_events(500);
  load.cluster().node(0).signal(SIGSTOP);
  wait_until("operations without an answer", 60s, [&] { return load.recorder().operations_info() >= 6; });
  load.cluster().node(0).signal(SIGCONT);
  load.wait_for_events(load.recorder().events() + 500);
  group->finish();

  const std::uint64_t infos = load.recorder().operations_info();
  const History history = load.history();
  std::set<std::int32_t> seen, retired;
  std::uint64_t counted = 0;
  for (const Operation& op : history.operations) {
    REQUIRE(retired.count(op.process) == 0);
    seen.insert(op.process);
    if (op.outcome != Outcome::kInfo) continue;
    ++counted;
    retired.insert(op.process);
    CHECK(history.error_text(op) == "timeout");
    CHECK(history.node_text(op) == "n1");
  }
  CHECK(counted == infos);
  CHECK(retired.size() == infos);
  CHECK(*seen.rbegin() < kProcesses + static_cast<std::int32_t>(infos));
  CHECK(seen.size() - retired.size() <= static_cast<std::size_t>(kProcesses));
  CHECK(seen.size() > static_cast<std::size_t>(kProcesses));
}

TEST_CASE("the rate is never exceeded, and waiting for a turn does not hold the end up") {
  Load load;
  constexpr double kRate = 400;
  auto group = load.group(0, 1, {8, kRate, 10s});
  const Nanos started = load.now();
  group->start();
  load.wait_for_events(400);
  group->finish();
  auto slow = load.group(0, 1, {4, 0.001, 10s});  // the second turn comes in a quarter of an hour
  const std::uint64_t events = load.recorder().events();
  slow->start();
  load.wait_for_events(events + 2);
  slow->finish();
  CHECK(load.recorder().events() == events + 2);

  const History history = load.history();
  const Nanos period = static_cast<Nanos>(1e9 / kRate);
  REQUIRE(history.operations.size() > 200);
  for (std::size_t i = 0; i + 1 < history.operations.size(); ++i)  // the last is the slow group's
    REQUIRE(history.operations[i].invoked >= started + static_cast<Nanos>(i) * period);
}

TEST_CASE(
    "processes of a load are numbered so that the rest tells the load, and work between its start and its "
    "stop") {
  Load load;
  LoadOptions options{4, 0, 10s};
  options.begin = 300ms;
  options.end = 600ms;
  ProcessNumbers processes(2, 3);
  auto group = load.group(0, 1, options, processes);
  const Nanos started = load.now();
  group->start();
  wait_until("the load", 60s, [&] { return load.now() - started > 700 * kMillisecond; });
  const std::uint64_t events = load.recorder().events();
  group->finish();
  CHECK(load.recorder().events() == events);
  const History history = load.history();
  REQUIRE(history.operations.size() > 10);
  for (const Operation& op : history.operations) {
    REQUIRE(load_of_process(op.process, 3) == 2);
    REQUIRE(op.invoked >= started + 300 * kMillisecond);
    // The thread starts at some moment after `started`, never before.
    REQUIRE(op.invoked < started + 600 * kMillisecond + 100 * kMillisecond);
  }
}

TEST_CASE("a seed offers the same operations, to each group its own") {
  const ScratchFolder folder;
  const RunClock clock;
  const auto offered = [&](const char* file, std::uint64_t seed, int number) {
    Recorder recorder(folder.path / file, clock);
    const WorkloadEntry& entry = *find_workload("register");
    const WorkloadSetup setup{recorder,    load_options(entry, nlohmann::json::object(), "test"),
                              "register:", {{{0, 8000}}, {{8001, 16383}}},
                              number,      2};
    const auto workload = entry.make(setup);
    Prng prng = Prng(seed).split("operations", static_cast<std::uint64_t>(number));
    std::vector<std::tuple<Function, std::uint32_t, std::uint64_t>> stream;
    for (int i = 0; i < 2000; ++i) {
      const Operation op = workload->next(0, prng);
      stream.emplace_back(op.function, op.key, op.argument.bits());
    }
    return stream;
  };
  CHECK(offered("a", 7, 0) == offered("b", 7, 0));
  CHECK(offered("c", 7, 0) != offered("d", 8, 0));
  CHECK(offered("e", 7, 0) != offered("f", 7, 1));
}

TEST_CASE("final reads read every key once, and try again while there is patience") {
  Load load;
  load.workload_options["keys"] = 12;
  auto group = load.group(0, 1, {4, 0, 1000ms});
  group->start();
  load.wait_for_events(1000);
  group->finish();
  const std::uint64_t before = load.recorder().events();
  group->start_final(0, 3, 3, {30s});
  group->finish_final();
  CHECK(group->unanswered() == 0);
  CHECK(load.recorder().events() == before + 24);

  load.cluster().node(0).kill();
  auto late = load.group(0, 1, {4, 0, 1000ms});
  late->start_final(0, 1, 1, {0ms});
  late->finish_final();
  CHECK(late->unanswered() == 1);  // the first that was not answered; the rest is given up

  const History history = load.history();
  std::set<std::uint32_t> keys;
  std::set<std::int32_t> processes;
  for (const Operation& op : history.operations) {
    if (op.invoke_event < before || op.invoke_event >= before + 24) continue;
    CHECK(op.function == Function::kRead);
    CHECK(op.outcome == Outcome::kOk);
    keys.insert(op.key);
    processes.insert(op.process);
  }
  CHECK(keys.size() == 12);
  CHECK(processes.size() == 3);
}

TEST_CASE("a final phase whose time is up says so, although everything was answered") {
  Load load;
  load.workload_options["keys"] = 12;
  auto group = load.group(0, 1, {4, 0, 1000ms});
  group->start_final(0, 1, 1, {30s, 0ms});
  group->finish_final();
  CHECK(group->out_of_time());
  CHECK(group->unanswered() == 0);
  CHECK(load.recorder().events() == 0);
}

TEST_CASE("a final phase that waits for a dead cluster is broken off at once, and what is open stays open") {
  Load load;
  auto group = load.group(0, 1, {4, 0, 100'000ms});
  for (int node = 0; node < 3; ++node) load.cluster().node(node).signal(SIGSTOP);
  group->start_final(0, 3, 3, {100'000ms});
  load.wait_for_events(1);
  CHECK_FALSE(group->final_over());
  wait_until("the end of the final phase", 30s, [&] {
    group->abandon_final();
    return group->final_over();
  });
  group->finish_final();
  group.reset();
  for (const Operation& op : load.history().operations) CHECK(op.complete_event == kNoEvent);
  for (int node = 0; node < 3; ++node) load.cluster().node(node).signal(SIGCONT);
}

TEST_CASE("what ends the load early is thrown where it is asked for") {
  Load load;
  const WorkloadEntry& workload = *find_workload("register");
  const WorkloadSetup setup{
      load.recorder(), load_options(workload, nlohmann::json::object(), "test"), "r:", {}, 0, 1};
  ProcessNumbers processes;
  LoadThread group([] { throw EnvironmentError("no such host"); }, {}, workload.make(setup), Prng(1), {},
                   load.recorder(), processes);
  group.start();
  CHECK_THROWS_WITH(group.finish(), "no such host");
}

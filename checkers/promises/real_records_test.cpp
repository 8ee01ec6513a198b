// Views, offsets and logs of real redis-servers 7.0.15 (checkers/testdata), so that what the checkers believe
// about texts, roles and the order of events is what those servers do.
#include <catch2/catch.hpp>

#include <fstream>
#include <sstream>

#include "checkers/promises/analysis.h"
#include "checkers/promises/availability.h"
#include "checkers/promises/epochs.h"
#include "checkers/promises/evidence.h"
#include "checkers/promises/failovers.h"
#include "checkers/promises/logs.h"
#include "checkers/promises/role_convergence.h"
#include "checkers/promises/slot_coverage.h"
#include "checkers/promises/terms.h"
#include "checkers/promises/votes.h"
#include "ci/test_paths.h"
#include "harness/core/old_stores.h"

using namespace harness;

namespace {

constexpr int kShardOf[] = {0, 1, 2, 2, 0, 1};

int node_number(const std::string& name) {
  return std::stoi(name.substr(1)) - 1;
}

/// The format stands at the head of each file.
RunRecord read_record(const std::string& name) {
  std::ifstream file(source_dir() + "/checkers/testdata/" + name);
  REQUIRE(file.good());
  RunRecord run;
  run.info.server.flavor = "redis";
  run.info.server.version = "7.0.15";
  std::string line;
  Nanos last = 0;
  while (std::getline(file, line)) {
    std::istringstream words(line);
    std::string word;
    words >> word;
    if (word == "node") {
      NodeInfo node;
      words >> node.name >> node.id;
      node.shard = kShardOf[run.nodes.size()];
      node.master = run.nodes.size() < 3;
      if (node.master) node.slots = {even_slot_ranges(3)[run.nodes.size()]};
      run.nodes.push_back(node);
    } else if (word == "view") {
      std::int64_t from = 0;
      std::int64_t until = 0;
      std::string node;
      words >> from >> until >> node;
      std::string text;
      while (std::getline(file, line) && line != ".") text += line + "\n";
      View view;
      view.begin = from * kMillisecond;
      view.end = until * kMillisecond;
      view.node = node_number(node);
      view.topology = parse_cluster_nodes(text);
      view.reachable = !view.topology.nodes.empty();
      view.cluster = parse_cluster_info(text);
      view.replication = parse_info_replication(text);
      last = std::max(last, view.end);
      run.views.push_back(view);
    } else if (word == "offset") {
      OffsetSample sample;
      std::string node;
      std::string role;
      words >> sample.time >> node >> role >> sample.offset >> sample.replication_id;
      sample.time *= kMillisecond;
      sample.node = node_number(node);
      sample.is_master = role == "master";
      run.offsets.push_back(sample);
    } else if (word == "log") {
      LogLine entry;
      std::string node;
      words >> entry.time >> node >> entry.pid;
      entry.time *= kMillisecond;
      entry.node = node_number(node);
      std::getline(words >> std::ws, entry.text);
      run.logs.push_back(entry);
    }
  }
  std::stable_sort(run.logs.begin(), run.logs.end(),
                   [](const LogLine& a, const LogLine& b) { return a.time < b.time; });
  run.info.end = last;
  run.info.clients_end = run.info.settled = last - kSecond;
  return run;
}

FaultRecord fault(const std::string& name, int from_ms, int heal_ms) {
  FaultRecord fault;
  fault.fault = name;
  fault.nodes = {0};
  fault.requested = from_ms * kMillisecond;
  fault.active = fault.requested + 20 * kMillisecond;
  if (heal_ms >= 0) {
    fault.heals = true;
    fault.heal_requested = heal_ms * kMillisecond;
    fault.healed = fault.heal_requested + 10 * kMillisecond;
  }
  fault.effects = effects_of_old_record(fault);
  return fault;
}

void expect_one_failover(const RunRecord& run) {
  const auto failovers = find_failovers(run);
  REQUIRE(failovers.size() == 1);
  const Failover& failover = failovers[0];
  CHECK(failover.from == 0);
  CHECK(failover.to == 4);
  CHECK(failover.shard == 0);
  CHECK(failover.fault_at < failover.pfail);
  CHECK(failover.pfail <= failover.fail);
  CHECK(failover.fail < failover.election);
  CHECK(failover.election <= failover.promoted);
  CHECK(failover.promoted <= failover.converged);
  CHECK(failover.converged < failover.promoted + kSecond);
  CHECK(failover.within_bound);
  for (const auto check : {check_failover, check_epochs, check_votes, check_slot_coverage, check_availability,
                           check_role_convergence}) {
    const CheckResult result = check(run, {});
    INFO(result.name << ": " << result.explanation);
    CHECK(result.valid == Validity::kValid);
  }
}

}  // namespace

TEST_CASE("a real failover after DEBUG SEGFAULT, and the return of the dead") {
  RunRecord run = read_record("redis-7.0.15-segfault.views");
  run.faults = {fault("debug-segfault", 511, -1)};
  for (int node = 0; node < 6; ++node) {
    Incarnation life;
    life.node = node;
    life.started = -10 * kSecond;
    life.pid = std::vector{17, 26, 43, 56, 69, 82}[static_cast<std::size_t>(node)];
    run.incarnations.push_back(life);
  }
  run.incarnations[0].ended = 861 * kMillisecond;
  run.incarnations[0].signal = 11;
  run.incarnations[0].expected = true;
  Incarnation second;
  second.pid = 857;
  second.started = 5869 * kMillisecond;
  run.incarnations.push_back(second);

  expect_one_failover(run);
  const CheckResult logs = check_logs(run, {});
  INFO(logs.explanation);
  CHECK(logs.valid == Validity::kValid);
  run.faults.clear();
  CHECK(check_logs(run, {}).valid == Validity::kInvalid);
}

TEST_CASE("a real failover of a stopped master, which goes on later") {
  RunRecord run = read_record("redis-7.0.15-pause.views");
  run.faults = {fault("pause", 500, 5'510)};
  expect_one_failover(run);
  const Terms terms(run);
  // n1's stint, n2's, n3's, and n5's, which continues n1's.
  REQUIRE(terms.size() == 4);
  const int heir = terms.term_of(4, 4 * kSecond, 4 * kSecond);
  REQUIRE(heir != kNoTerm);
  CHECK(terms[heir].origin == Term::Origin::kPromoted);
  CHECK(terms[terms[heir].parent].node == 0);
  CHECK(terms[heir].config_epoch == 7);
}

TEST_CASE("a real failover of a master that was cut off") {
  RunRecord run = read_record("redis-7.0.15-partition.views");
  run.faults = {fault("isolate", 470, 5'500)};
  run.faults[0].sides = {{"n1"}, {"n2", "n3", "n4", "n5", "n6"}};
  run.faults[0].effects = effects_of_old_record(run.faults[0]);
  expect_one_failover(run);
}

// The conditions that a run waits for, true and false on real clusters.
#include "harness/run/settle.h"

#include <catch2/catch.hpp>
#include <csignal>
#include <fstream>

#include "harness/cluster/test_support.h"
#include "harness/core/wait.h"

using namespace harness;
using namespace std::chrono_literals;

namespace {

void wait_for_condition(Cluster& cluster, StepCondition condition) {
  wait_until(to_string(condition), 60s, [&] { return condition_holds(cluster, condition); });
}

}  // namespace

TEST_CASE("a healthy cluster is recovered and settled") {
  TestCluster test(3, 1);
  wait_for_condition(test.cluster(), StepCondition::kRecovered);
  wait_for_condition(test.cluster(), StepCondition::kSettled);
  CHECK(condition_holds(test.cluster(), StepCondition::kNone));
}

TEST_CASE("a cluster without a replica is recovered, but not settled until it is back") {
  TestCluster test(3, 1);
  Cluster& cluster = test.cluster();
  cluster.node(3).kill();
  CHECK_FALSE(condition_holds(cluster, StepCondition::kSettled));
  wait_for_condition(cluster, StepCondition::kRecovered);
  CHECK(restart_dead_nodes(cluster) == "n4");
  CHECK(restart_dead_nodes(cluster).empty());
  wait_for_condition(cluster, StepCondition::kSettled);
}

TEST_CASE("slots whose master is dead or stopped are not served") {
  TestCluster test(3, 0);
  Cluster& cluster = test.cluster();
  cluster.node(2).signal(SIGSTOP);
  CHECK_FALSE(recovered(cluster.look()));
  cluster.node(2).signal(SIGCONT);
  wait_for_condition(cluster, StepCondition::kRecovered);
  cluster.node(1).kill();
  CHECK_FALSE(condition_holds(cluster, StepCondition::kRecovered));
  CHECK_FALSE(condition_holds(cluster, StepCondition::kSettled));
  CHECK(condition_holds(cluster, StepCondition::kNone));
  CHECK(restart_dead_nodes(cluster) == "n2");
  wait_for_condition(cluster, StepCondition::kSettled);
}

TEST_CASE("one slot that nobody claims is not recovered") {
  TestCluster test(3, 0);
  auto connection = test.cluster().node(0).connect();
  REQUIRE(connection);
  REQUIRE(connection->call({"CLUSTER", "DELSLOTS", "9"})->is_ok());
  CHECK_FALSE(condition_holds(test.cluster(), StepCondition::kRecovered));
}

TEST_CASE("a node that does not come back is named, and does not end the run") {
  TestCluster test(3, 0);
  Node& node = test.cluster().node(1);
  node.kill();
  std::ofstream(node.files().nodes_conf()) << "this is no nodes.conf\n";
  const std::string names = restart_dead_nodes(test.cluster());
  CHECK_THAT(names, Catch::StartsWith("n2 (in vain: n2 ") && Catch::Contains("before it answered"));
  CHECK_FALSE(node.incarnations({}).back().expected);
  CHECK_FALSE(condition_holds(test.cluster(), StepCondition::kSettled));
}

TEST_CASE("the patience grows with the node timeout") {
  ClusterConfig config;
  config.node_timeout_ms = 1500;  // 4 s to fail over, two lost elections of 7 s, 20 s to synchronize
  CHECK(settle_patience(config) == 38s);
  config.node_timeout_ms = 500;  // an election takes 4 s at least
  CHECK(settle_patience(config) == 32s);
  config.node_timeout_ms = 30'000;
  CHECK(settle_patience(config) == 323s);
}

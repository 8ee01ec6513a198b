// The end of a run: dead nodes are started again, and how long it may take.
#include "harness/run/settle.h"

#include <catch2/catch.hpp>
#include <fstream>

#include "harness/cluster/test_support.h"

using namespace harness;
using namespace std::chrono_literals;

TEST_CASE("dead nodes are started again, once") {
  TestCluster test(3, 0);
  Cluster& cluster = test.cluster();
  CHECK(restart_dead_nodes(cluster).empty());
  cluster.node(1).kill();
  CHECK(restart_dead_nodes(cluster) == "n2");
  CHECK(restart_dead_nodes(cluster).empty());
  CHECK(cluster.node(1).running());
}

TEST_CASE(
    "a member that was away when a node was removed is told to forget it, unless that has joined again") {
  TestCluster test(3, 1);
  Cluster& cluster = test.cluster();
  const std::string id = cluster.infos()[5].id;
  const auto lists = [&] { return cluster.look().view(4).topology.find(id) != nullptr; };
  cluster.missed_forget({4, 5, id});
  CHECK(tell_to_forget(cluster).empty());
  CHECK(lists());
  cluster.change_membership([](Membership& membership) { membership.remove(5); });
  cluster.missed_forget({4, 5, id});
  CHECK(tell_to_forget(cluster) == "n5 was away when n6 was removed, and was told now to forget it: OK");
  CHECK_FALSE(lists());
  CHECK(tell_to_forget(cluster).empty());
}

TEST_CASE("a node that does not come back is named, and does not end the run") {
  TestCluster test(3, 0);
  Node& node = test.cluster().node(1);
  node.kill();
  std::ofstream(node.files().nodes_conf()) << "this is no nodes.conf\n";
  const std::string names = restart_dead_nodes(test.cluster());
  CHECK_THAT(names, Catch::StartsWith("n2 (in vain: n2 ") && Catch::Contains("before it answered"));
  CHECK_FALSE(node.incarnations({}).back().expected);
}

TEST_CASE("the patience grows with the node timeout") {
  ClusterConfig config;
  config.node_timeout_ms = 1500;  // 4 s to fail over, two lost elections of 7 s, 20 s to synchronize
  CHECK(failover_bound(config) == 4 * kSecond);
  CHECK(settle_patience(config) == 38s);
  config.node_timeout_ms = 500;  // an election takes 4 s at least
  CHECK(settle_patience(config) == 32s);
  config.node_timeout_ms = 30'000;
  CHECK(settle_patience(config) == 323s);
}

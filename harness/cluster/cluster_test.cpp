// Against Debian's real redis-server: formation, lives of a node, two clusters at once.
#include "harness/cluster/cluster.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <iterator>
#include <set>
#include <thread>

#include "harness/cluster/formation.h"
#include "harness/cluster/test_support.h"
#include "harness/core/check.h"
#include "harness/core/wait.h"
#include "harness/sandbox/namespace_test_support.h"

using namespace harness;
using namespace std::chrono_literals;

TEST_CASE("three masters with a replica each are ready when every view says so") {
  TestCluster test(3, 1);
  Cluster& cluster = test.cluster();
  const Roles roles = cluster.look();
  CHECK(cluster.why_not_settled(roles) == std::nullopt);
  CHECK(roles.masters() == std::vector<int>{0, 1, 2});
  CHECK(roles.synchronized_replicas_of(1) == std::vector<int>{4});
  CHECK(roles.master_of_slot(0) == 0);
  CHECK(roles.master_of_slot(5461) == 1);
  CHECK(roles.master_of_slot(16383) == 2);
  CHECK(cluster.replica_of(cluster.node(2)) == &cluster.node(5));
  for (int i = 0; i < cluster.size(); ++i) {
    CHECK(cluster.infos()[static_cast<std::size_t>(i)].id.size() == 40);
    CHECK(roles.view(i).replication.process_id == cluster.node(i).pid());
  }
  std::vector<std::uint64_t> epochs;
  for (int i = 0; i < 3; ++i) epochs.push_back(roles.view(i).topology.myself()->config_epoch);
  CHECK(std::set<std::uint64_t>(epochs.begin(), epochs.end()).size() == 3);
}

TEST_CASE("in a bottle each node has a host and the stock port, and a cut-off master is replaced") {
  in_each_sandbox([](SandboxMode mode) {
    TestCluster test(3, 1, mode);
    Cluster& cluster = test.cluster();
    require_that(cluster.anti_affinity(), "no replica shares a host with its master");
    require_that(cluster.infos()[0].ip != cluster.infos()[1].ip, "addresses of their own");
    require_that(cluster.infos()[0].port == 6379, "the stock port");
    require_that(!cluster.why_not_settled(cluster.look()), "settled");

    std::vector<std::string> others;
    for (int i = 1; i < cluster.size(); ++i) others.push_back(cluster.node(i).ip());
    const auto drop = cluster.host(0).drop({others, others});
    wait_until("n4 to take over from n1", 20s, [&] { return cluster.master_of_slot(0) == &cluster.node(3); });
    require_that(cluster.look().reachable(0), "the controller still reaches the one that is cut off");
    drop->remove();
    wait_until("n1 to come back as a replica", 20s, [&] { return !cluster.why_not_settled(cluster.look()); });
  });
}

TEST_CASE("masters without replicas make a cluster") {
  TestCluster test(3, 0);
  CHECK(test.cluster().look().masters() == std::vector<int>{0, 1, 2});
}

TEST_CASE("a killed master is replaced, and comes back as a replica with its own nodes.conf") {
  TestCluster test(3, 1);
  Cluster& cluster = test.cluster();
  Node& dead = *cluster.master_of_slot(100);
  const auto zero = std::chrono::steady_clock::now();
  CHECK(dead.kill().signal == SIGKILL);
  wait_until("the replica to take over", 20s, [&] {
    const Node* master = cluster.master_of_slot(100);
    return master && master != &dead;
  });
  dead.start();
  dead.wait_until_answering(10s);
  std::optional<std::string> why;
  const bool settled = wait_for(
      20s, [&] { return !(why = cluster.why_not_settled(cluster.look())); }, 20ms);
  INFO(why.value_or(""));
  REQUIRE(settled);
  const Roles roles = cluster.look();
  CHECK(roles.replicas_of(3) == std::vector<int>{0});
  CHECK(roles.view(0).topology.myself()->id == cluster.infos()[0].id);

  const auto lives = dead.incarnations(zero);
  REQUIRE(lives.size() == 2);
  CHECK(lives[0].expected);
  CHECK(lives[0].signal == SIGKILL);
  CHECK(lives[0].exit_code == -1);
  CHECK(lives[0].started < 0);
  CHECK(lives[0].ended > 0);
  CHECK(lives[1].started > lives[0].ended);
  CHECK(lives[1].ended == kNever);
}

TEST_CASE("two clusters at once do not disturb each other") {
  TestCluster one(3, 0);
  TestCluster two(3, 0);
  CHECK(one.cluster().why_not_settled(one.cluster().look()) == std::nullopt);
  CHECK(two.cluster().why_not_settled(two.cluster().look()) == std::nullopt);
  CHECK(one.cluster().infos()[0].id != two.cluster().infos()[0].id);
}

TEST_CASE("a stopped node is unreachable within the patience, the others are not") {
  TestCluster test(3, 0);
  Cluster& cluster = test.cluster();
  cluster.node(1).signal(SIGSTOP);
  const Roles roles = cluster.look(200ms);
  CHECK(roles.reachable(0));
  CHECK_FALSE(roles.reachable(1));
  CHECK(roles.view(1).error.find("no answer in time") != std::string::npos);
  CHECK(roles.master_of_slot(6000) == 1);  // the others still name it
  cluster.stop();
  CHECK_FALSE(cluster.node(1).running());
}

TEST_CASE("a server that dies at its start is an error with its last words") {
  TestSandbox sandbox;
  ClusterOptions options = sandbox.options(3, 0);
  options.directives["maxmemory-policy"] = "nonsense";
  Cluster cluster(*sandbox.sandbox, options);
  try {
    cluster.start();
    FAIL("it started");
  } catch (const EnvironmentError& error) {
    CHECK_THAT(error.what(),
               Catch::Contains("n1") && Catch::Contains("exited with 1") && Catch::Contains("nonsense"));
  }
}

TEST_CASE("an unwritable store is an error with the mend") {
  TestSandbox sandbox;
  ClusterOptions options = sandbox.options(3, 0);
  options.directory = "/proc/nowhere";
  CHECK_THROWS_WITH(Cluster(*sandbox.sandbox, options),
                    Catch::Contains("/proc/nowhere") && Catch::Contains("--store"));
}

TEST_CASE("servers that had time and do not become a cluster are to blame themselves") {
  TestSandbox bottle;
  Cluster cluster(*bottle.sandbox, [&] {
    ClusterOptions options = bottle.options(3, 0);
    options.form_timeout = 1ms;  // too little for the best
    return options;
  }());
  cluster.start();
  try {
    cluster.form();
    FAIL("it formed");
  } catch (const NotFormed& error) {
    CHECK_THAT(error.what(), Catch::Contains("the servers' own doing"));
    CHECK_THAT(error.missing, Catch::Contains("n"));
    CHECK(error.patience >= 1ms);
  }
  CHECK(formation_patience(1500, 6) == 36s);
  CHECK(formation_patience(100, 3) == 8s);
}

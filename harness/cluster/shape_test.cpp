#include "harness/cluster/shape.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <regex>
#include <thread>

#include "harness/cluster/test_support.h"
#include "harness/core/check.h"
#include "harness/core/membership.h"

using namespace harness;

namespace {

Flavor build(FlavorKind kind, int major, int minor) {
  Flavor flavor;
  flavor.kind = kind;
  flavor.version = {major, minor, 0};
  flavor.version_text = std::to_string(major) + "." + std::to_string(minor) + ".0";
  return flavor;
}
const Flavor kRedis70 = build(FlavorKind::kRedis, 7, 0);
const Flavor kRedis72 = build(FlavorKind::kRedis, 7, 2);
const Flavor kRedis80 = build(FlavorKind::kRedis, 8, 0);
const Flavor kValkey72 = build(FlavorKind::kValkey, 7, 2);
const Flavor kValkey81 = build(FlavorKind::kValkey, 8, 1);
const Flavor kValkey91 = build(FlavorKind::kValkey, 9, 1);
const Flavor kBundled = build(FlavorKind::kBundled, 7, 0);

std::vector<int> shards(const std::vector<NodeInfo>& nodes) {
  std::vector<int> found;
  for (const NodeInfo& node : nodes) found.push_back(node.shard);
  return found;
}
std::vector<int> builds(const std::vector<NodeInfo>& nodes) {
  std::vector<int> found;
  for (const NodeInfo& node : nodes) found.push_back(node.build);
  return found;
}

}  // namespace

TEST_CASE("an impossible shape is refused") {
  CHECK_THROWS_AS(check_shape(0, 0), UsageError);
  CHECK_THROWS_AS(check_shape(3, -1), UsageError);
  CHECK_THROWS_AS(check_shape(5000, 0), UsageError);
  CHECK_THROWS_AS(check_shape(2'000'000'000, 2'000'000'000), UsageError);
  CHECK_NOTHROW(check_shape(1, 3));
  CHECK_NOTHROW(check_shape(3, 0));
  CHECK_NOTHROW(check_shape(15, 1));
}

TEST_CASE("more nodes than a machine is asked for are refused in a sentence") {
  ClusterPlan plan;
  plan.config.masters = 2000;
  plan.config.replicas = 1;
  CHECK_THROWS_WITH(check_shape(plan),
                    Catch::StartsWith("2000 masters with 1 replica each are more nodes than"));
  plan.config.replicas = 0;
  plan.spare = 2;
  CHECK_THROWS_WITH(check_shape(plan),
                    Catch::StartsWith("2000 masters and 2 spare nodes are more nodes than"));
}

TEST_CASE("lists of replicas and slots must fit the masters") {
  ClusterPlan plan;
  plan.replicas_of = {1, 2};
  CHECK_THROWS_WITH(check_shape(plan), Catch::Contains("2 numbers for 3 masters"));
  plan.replicas_of = {2, 1, 0};
  plan.slots = {{{0, 100}}, {{100, 200}}, {}};
  CHECK_THROWS_WITH(check_shape(plan), Catch::Contains("slot 100 is given to two masters"));
  plan.slots = {{{0, 100}}, {{200, 300}}};
  CHECK_THROWS_WITH(check_shape(plan), Catch::Contains("lists 2 masters of 3"));
  plan.slots = {{{0, 100}}, {{200, 300}, {16384, 16384}}, {}};
  CHECK_THROWS_WITH(check_shape(plan), Catch::Contains("there are no slots 16384"));
  plan.slots = {{}, {}, {}};
  CHECK_THROWS_WITH(check_shape(plan), Catch::Contains("no master has slots"));
  plan.slots = {{{0, 100}}, {{200, 300}}, {}};
  CHECK_NOTHROW(check_shape(plan));
  plan.nodes["n7"].directives["maxmemory"] = "1mb";
  CHECK_THROWS_WITH(check_shape(plan), Catch::Contains("n1 to n6"));
}

TEST_CASE("directives that the harness sets are refused with the reason") {
  ClusterPlan plan;
  for (const char* name : {"port", "cluster-enabled", "bind", "dir", "PORT", "appendonly"}) {
    plan.directives = {{name, "1"}};
    CHECK_THROWS_WITH(check_shape(plan), Catch::Contains(name) && Catch::Contains("cannot be set"));
  }
  plan.directives = {{"maxmemory", "1mb\nport 1"}};
  CHECK_THROWS_WITH(check_shape(plan), Catch::Contains("one line"));
  plan.directives = {{"repl-diskless-sync-delay", "0"}};
  CHECK_NOTHROW(check_shape(plan));
}

TEST_CASE(
    "values that would shut the harness out are refused with the mend, and those that would not are taken") {
  const auto refusal = [](const char* name, const char* value) -> std::string {
    ClusterPlan plan;
    plan.directives = {{name, value}};
    try {
      check_shape(plan);
    } catch (const UsageError& error) {
      return error.what();
    }
    return {};
  };
  CHECK_THAT(refusal("protected-mode", "yes"), Catch::Contains("leave it out"));
  CHECK_THAT(refusal("user", "default off nopass ~* &* +@all"), Catch::Contains("the default user is off"));
  CHECK_THAT(refusal("user", "default ~* &* +@all"), Catch::Contains("the default user is off"));
  CHECK_THAT(refusal("user", "default on >secret ~* +@all"), Catch::Contains("do not authenticate"));
  CHECK_THAT(refusal("user", "default on nopass ~* +@all -@admin"), Catch::Contains("could not ask cluster"));
  CHECK_THAT(refusal("rename-command", "CONFIG \"\""), Catch::Contains("asks config by its name"));
  CHECK(refusal("protected-mode", "no").empty());
  CHECK(refusal("user", "default on nopass ~* &* +@all -incr").empty());
  CHECK(refusal("user", "default on nopass ~* &* allcommands -@dangerous +cluster +config +info").empty());
  CHECK(refusal("user", "app on >secret ~* +get").empty());
  CHECK(refusal("rename-command", "FLUSHALL \"\"").empty());
}

TEST_CASE("replicas are dealt round and round, spare nodes come last and have shards of their own") {
  ClusterPlan plan;
  plan.replicas_of = {2, 1, 0};
  plan.spare = 2;
  plan.slots = {{{0, 5}, {8, 9}}, {{6, 7}}, {}};
  const auto nodes = planned_nodes(plan, {kRedis70});
  CHECK(shards(nodes) == std::vector<int>{0, 1, 2, 0, 1, 0, 3, 4});
  CHECK(nodes[0].slots == SlotRanges{{0, 5}, {8, 9}});
  CHECK((nodes[2].master && nodes[2].slots.empty()));
  CHECK((nodes[6].spare && nodes[7].spare && !nodes[6].master));
  CHECK(nodes[7].name == "n8");

  Membership members(nodes);
  CHECK(members.members() == std::vector<int>{0, 1, 2, 3, 4, 5});
  CHECK(members.shards_with_slots() == 2);
  CHECK(members.assigned_slots() == 10);
  const int shard = members.add_master(6);
  members.give({{4, 6}}, shard);
  members.add_replica(7, 6);
  CHECK(members.nodes_of(shard) == std::vector<int>{6, 7});
  CHECK(members.slots_of(0) == SlotRanges{{0, 3}, {8, 9}});
  CHECK(members.slots_of(1) == SlotRanges{{7, 7}});
  CHECK(members.assigned_slots() == 10);
  members.take_away({{0, 3}});
  CHECK(members.assigned_slots() == 6);
  members.remove(7);
  CHECK_FALSE(members.is_member(7));
  CHECK(members.nodes_of(shard) == std::vector<int>{6});
}

TEST_CASE("who can read what whom sends") {
  CHECK(kRedis70.exchanges_data_with(kBundled));
  CHECK(kRedis72.exchanges_data_with(kValkey81));
  CHECK(kValkey72.exchanges_data_with(kValkey91));  // 9 steps back to RDB 11
  CHECK_FALSE(kRedis70.exchanges_data_with(kRedis80));
  CHECK(kRedis80.loads_rdb(kRedis70.rdb_version()));
  CHECK_FALSE(kValkey91.exchanges_data_with(kRedis80));  // RDB 12 is foreign to it
  CHECK_FALSE(kValkey91.exchanges_data_with(kRedis70));  // which gets 11 and reads 10
  CHECK(kRedis80.why_no_exchange(kRedis70) ==
        "redis 7.0.0 cannot load the RDB version 12 that redis 8.0.0 sends");
}

TEST_CASE("redis since 8.0 and valkey since 8.1 do not meet on one bus") {
  const Flavor valkey80 = build(FlavorKind::kValkey, 8, 0);
  CHECK_THAT(kRedis80.why_no_common_bus(kValkey81), Catch::Contains("type 4"));
  CHECK_THAT(kValkey91.why_no_common_bus(kRedis80), Catch::Contains("type 4"));
  CHECK(kRedis70.why_no_common_bus(kValkey91).empty());
  CHECK(kRedis80.why_no_common_bus(valkey80).empty());
  CHECK(kRedis80.why_no_common_bus(kBundled).empty());
  const ClusterPlan plan;
  CHECK_THROWS_WITH(planned_nodes(plan, {kRedis80, kValkey91}),
                    Catch::Contains("n1 and n2 cannot be in one cluster"));
}

TEST_CASE("builds are dealt so that data flows only where it can") {
  ClusterPlan plan;
  CHECK(builds(planned_nodes(plan, {kRedis70, kBundled})) == std::vector<int>{0, 1, 0, 1, 0, 1});
  CHECK(builds(planned_nodes(plan, {kRedis70, kRedis80})) == std::vector<int>{0, 1, 0, 0, 1, 0});
  plan.servers = {"redis"};
  plan.nodes["n5"].server = "bundled";
  CHECK(specs_of(plan) == std::vector<std::string>{"redis", "bundled"});
  CHECK(builds(planned_nodes(plan, {kRedis70, kBundled})) == std::vector<int>{0, 0, 0, 0, 1, 0});
  CHECK_THROWS_WITH(planned_nodes(plan, {kRedis70, kRedis80}),
                    Catch::Contains("cluster.nodes.n5.server: n2 and n5 are of one shard") &&
                        Catch::Contains("RDB version 12"));
}

TEST_CASE("builds that cannot follow each other need replicas that stay in their shards") {
  ClusterPlan plan;
  plan.config.replicas = 2;
  CHECK_THROWS_WITH(planned_nodes(plan, {kRedis70, kRedis80}), Catch::Contains("allow-replica-migration"));
  plan.config.allow_replica_migration = false;
  CHECK(builds(planned_nodes(plan, {kRedis70, kRedis80})) == std::vector<int>{0, 1, 0, 0, 1, 0, 0, 1, 0});
}

TEST_CASE("a cluster with uneven replicas, gaps, a master without slots and spare nodes forms", "[shapes]") {
  TestSandbox bottle;
  ClusterOptions options = bottle.options(3, 0);
  options.replicas_of = {2, 1, 0};
  options.slots = {{{0, 5000}, {6000, 6001}}, {{5001, 5999}}, {}};
  options.spare = 1;
  options.config.require_full_coverage = false;
  options.persistence = Persistence::kAppendEverysec;
  options.nodes["n4"].directives["maxmemory"] = "100000000";
  Cluster cluster(*bottle.sandbox, options);
  cluster.start();
  cluster.form();
  const Roles roles = cluster.look();
  CHECK(cluster.why_not_settled(roles) == std::nullopt);
  CHECK(roles.masters() == std::vector<int>{0, 1});
  CHECK(roles.synchronized_replicas_of(0) == std::vector<int>{3, 5});
  CHECK(roles.view(6).topology.nodes.size() == 1);  // the spare node knows nobody, and answers
  // A replica's own epoch must never be the greater one.
  const auto first_epoch = [&](int node) {
    std::smatch found;
    const std::string log = cluster.node(node).last_log_lines(10'000);
    REQUIRE(std::regex_search(log, found, std::regex("configEpoch set to ([0-9]+) via")));
    return std::stoi(found[1]);
  };
  for (const int replica : {3, 4, 5})
    for (const int master : {0, 1, 2}) CHECK(first_epoch(replica) < first_epoch(master));

  const auto memory = [&](int node) {
    return cluster.node(node).connect()->call({"CONFIG", "GET", "maxmemory"})->elements.at(1).text;
  };
  CHECK(memory(3) == "100000000");
  CHECK(memory(4) == "0");

  // One more is intended than there is.
  cluster.change_membership([](Membership& members) { members.add_replica(6, 1); });
  CHECK_THAT(cluster.why_not_settled(cluster.look()).value_or(""), Catch::Contains("6 of 7 nodes"));
}

TEST_CASE("a cluster forms although its servers close connections meanwhile, as with a timeout of a second") {
  TestSandbox bottle;
  Cluster cluster(*bottle.sandbox, bottle.options(3, 1));
  cluster.start();
  std::atomic<bool> formed = false;
  std::atomic<std::int64_t> closed = 0;
  std::thread closer([&] {
    auto connection = cluster.node(1).connect();
    while (connection && !formed) {
      const auto reply = connection->call({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
      closed += reply ? reply->integer : 0;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  });
  CHECK_NOTHROW(cluster.form());
  formed = true;
  closer.join();
  CHECK(closed > 1);
}

TEST_CASE("every shape of 1 to 8 masters with 0 to 3 replicas forms", "[.][every-shape]") {
  for (int masters = 1; masters <= 8; ++masters)
    for (const int replicas : {0, 1, 2, 3}) {
      if (masters * (replicas + 1) > 31) continue;
      INFO(masters << " masters with " << replicas << " replicas");
      CHECK_NOTHROW(TestCluster(masters, replicas));
    }
}

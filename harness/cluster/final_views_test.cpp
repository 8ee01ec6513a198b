// What a cluster tells and what its files give in the end, of real servers.
#include "harness/cluster/final_views.h"

#include <catch2/catch.hpp>

#include "harness/cluster/final_data.h"
#include "harness/cluster/reload.h"
#include "harness/cluster/reply_test.h"
#include "harness/cluster/test_support.h"
#include "harness/core/topology.h"

using namespace harness;
using namespace harness::testing;
using namespace std::chrono_literals;

TEST_CASE("a settled cluster tells the same in every form, twice") {
  TestCluster test(3, 1);
  const auto views = read_final_views(test.cluster(), {});
  REQUIRE(views.size() == 6);
  for (const FinalView& view : views) {
    INFO(view.error);
    CHECK(view.error.empty());
    CHECK(view.steady);
    CHECK(parse_cluster_nodes(view.nodes).nodes.size() == 6);
    CHECK(view.slots.size() == 3);
    // A replica whose offset is still 0 is left out, lawfully.
    CHECK_FALSE(view.slots[0].nodes.empty());
    CHECK(view.shards.size() == 3);
    for (const ShownShard& shard : view.shards) {
      CHECK(shard.nodes.size() == 2);
      CHECK(count_slots(shard.slots) > 5000);
    }
  }
}

TEST_CASE("a node that does not answer says why, and the others are asked all the same") {
  TestCluster test(3, 0);
  test.cluster().node(1).kill();
  const auto views = read_final_views(test.cluster(), {300ms, 10ms, 100ms, 0ms});
  REQUIRE(views.size() == 3);
  CHECK(views[0].error.empty());
  CHECK_THAT(views[1].error, Catch::Contains("refused"));
  CHECK(views[2].error.empty());
}

TEST_CASE("replies that make no sense are left out") {
  CHECK(ranges_from_reply(text("nonsense")).empty());
  CHECK(ranges_from_reply(list({list({integer(5), integer(3), list({})}), list({integer(-1), integer(3)}),
                                list({integer(0), integer(16384), list({})})}))
            .empty());
  const auto shards = shards_from_reply(
      list({text("?"), list({text("slots"), list({integer(0), integer(99999), integer(1)}), text("nodes"),
                             list({list({text("id"), text("x"), text("port")})})})}));
  REQUIRE(shards.size() == 2);
  for (const ShownShard& shard : shards) CHECK(shard.slots.empty());
}

TEST_CASE("files give what a node held before its orderly end, if it keeps its data") {
  const bool keeps = GENERATE(true, false);
  TestSandbox bottle;
  ClusterOptions options = bottle.options(3, 0);
  options.persistence = keeps ? Persistence::kAppendEverysec : Persistence::kNone;
  Cluster cluster(*bottle.sandbox, options);
  cluster.start();
  cluster.form();
  const int owner = *cluster.look().master_of_slot(slot_of("s"));
  auto connection = cluster.node(owner).connect();
  REQUIRE(connection);
  REQUIRE(connection->pipeline({{"XGROUP", "CREATE", "s", "g", "0", "MKSTREAM"},
                                {"XADD", "s", "1-1", "f", "v"},
                                {"XGROUP", "CREATECONSUMER", "s", "g", "reader"},
                                {"SET", "{s}text", "v", "PXAT", "4102444800000"}}));
  const auto before = read_final_data(cluster, {});
  REQUIRE(before[static_cast<std::size_t>(owner)].values.size() == 2);
  cluster.stop(15s);
  const auto after = read_reloaded_data(cluster, before);
  REQUIRE(after.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    INFO(after[i].error);
    CHECK(after[i].complete);
    CHECK(after[i].node == static_cast<int>(i));
    CHECK(differences(before[i], after[i]).size() == (!keeps && static_cast<int>(i) == owner ? 2 : 0));
  }
}

TEST_CASE("a node that did not end in order is not loaded again, and says so") {
  TestSandbox bottle;
  ClusterOptions options = bottle.options(3, 0);
  options.persistence = Persistence::kAppendEverysec;
  Cluster cluster(*bottle.sandbox, options);
  cluster.start();
  cluster.form();
  const auto before = read_final_data(cluster, {});
  cluster.node(2).kill();
  cluster.stop(15s);
  const auto after = read_reloaded_data(cluster, before);
  CHECK(after[0].complete);
  CHECK_FALSE(after[2].complete);
  CHECK_THAT(after[2].error, Catch::Contains("did not end in order"));
}

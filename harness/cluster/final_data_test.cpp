#include "harness/cluster/final_data.h"

#include <catch2/catch.hpp>

#include <csignal>
#include <nlohmann/json.hpp>

#include "harness/cluster/catch_up.h"
#include "harness/cluster/settled.h"
#include "harness/cluster/test_support.h"
#include "harness/core/slot.h"
#include "harness/core/wait.h"

using namespace harness;
using namespace std::chrono_literals;

TEST_CASE("all keys of all types are read, of masters and replicas alike") {
  TestCluster test(3, 1);
  Cluster& cluster = test.cluster();
  const std::string binary("\0\xff", 2);
  std::vector<std::vector<Command>> by_node(3);
  const auto put = [&](Command command) {
    by_node[static_cast<std::size_t>(*cluster.look().master_of_slot(slot_of(command[1])))].push_back(command);
  };
  put({"SET", "text", binary});
  put({"RPUSH", "list", "b", "a b"});
  put({"SADD", "set", "b", "c", "a"});
  put({"HSET", "hash", "f2", "2", "f1", "1"});
  put({"ZADD", "zset", "2", "two", "1", "one"});
  put({"XADD", "stream", "7-1", "f", "v"});
  for (int i = 0; i < 3; ++i) {
    auto connection = cluster.node(i).connect();
    REQUIRE(connection);
    REQUIRE(connection->pipeline(by_node[static_cast<std::size_t>(i)]));
  }
  // Enough keys for several pages of SCAN.
  auto first = cluster.node(0).connect();
  std::vector<Command> many;
  for (int k = 0; many.size() < 2500; ++k)
    if (slot_of("key" + std::to_string(k)) <= 5460)
      many.push_back({"SET", "key" + std::to_string(k), std::to_string(k)});
  REQUIRE(first->pipeline(many));
  wait_until("the replicas to catch up", 10s,
             [&] { return !why_not_caught_up(cluster.look(), cluster.infos()); });

  const auto all = read_final_data(cluster, {10s, 10s});
  REQUIRE(all.size() == 6);
  std::map<std::string, std::string> values;
  for (int i = 0; i < 3; ++i) {
    const FinalData& master = all[static_cast<std::size_t>(i)];
    const FinalData& replica = all[static_cast<std::size_t>(i) + 3];
    INFO(master.error << replica.error);
    CHECK(master.complete);
    CHECK(replica.complete);
    CHECK(master.values == replica.values);
    values.insert(master.values.begin(), master.values.end());
  }
  CHECK(values.size() == 2506);
  CHECK(values["text"] == binary);
  CHECK(values["list"] == R"(list "b" "a b")");
  CHECK(values["set"] == R"(set "a" "b" "c")");
  CHECK(values["hash"] == R"(hash "f1" "1" "f2" "2")");
  CHECK(values["zset"] == R"(zset "one" "1" "two" "2")");
  CHECK(values["stream"] == R"(stream "7-1" "f" "v")");
}

TEST_CASE("expiry, stream groups and functions are read beside the values") {
  TestCluster test(3, 0);
  Cluster& cluster = test.cluster();
  const int owner = *cluster.look().master_of_slot(slot_of("s"));
  auto connection = cluster.node(owner).connect();
  REQUIRE(connection);
  const auto replies = connection->pipeline(
      {{"XGROUP", "CREATE", "s", "g", "0", "MKSTREAM"},
       {"XADD", "s", "1-1", "f", "v"},
       {"XREADGROUP", "GROUP", "g", "reader", "STREAMS", "s", ">"},
       {"SET", "{s}text", "v", "PXAT", "4102444800000"},
       {"ZADD", "{s}z", "0.1", "m"},
       {"FUNCTION", "LOAD", "#!lua name=lib\nredis.register_function('f', function() return 1 end)"}});
  REQUIRE(replies);
  for (const Reply& reply : *replies) CHECK_FALSE(reply.is_error());

  const FinalData data = read_node(cluster.node(owner), 10s);
  INFO(data.error);
  REQUIRE(data.complete);
  const StreamState& stream = data.details.at("s").stream.value();
  CHECK(stream.last_id == "1-1");
  CHECK(stream.entries_added == 1);
  const StreamGroup& group = stream.groups.at("g");
  CHECK(group.last_delivered == "1-1");
  CHECK(group.entries_read == 1);
  CHECK(group.consumers == std::vector<std::string>{"reader"});
  CHECK(group.pending == std::vector<PendingEntry>{{"1-1", "reader", 1}});
  CHECK(data.details.at("{s}text").expires_ms == 4102444800000);
  CHECK(data.details.at("{s}text").type.empty());
  CHECK(data.values.at("{s}z") == R"(zset "m" "0.10000000000000001")");
  CHECK_THAT(data.functions.at("lib"), Catch::StartsWith("LUA #!lua"));
  CHECK(data.read_from_ms > 0);
  CHECK(data.read_until_ms >= data.read_from_ms);

  // What is told survives the store.
  const auto again = nlohmann::json(data).get<FinalData>();
  CHECK(differences(data, again).empty());
  CHECK(again.functions == data.functions);
}

TEST_CASE("a sample is the same on every node, a key that a node holds and does not serve is foreign") {
  TestCluster test(3, 1);
  Cluster& cluster = test.cluster();
  const Roles roles = cluster.look();
  const int master = *roles.master_of_slot(slot_of("a"));
  const int replica = roles.replicas_of(master).front();
  auto connection = cluster.node(master).connect();
  REQUIRE(connection);
  std::vector<Command> many;
  for (int k = 0; k < 100; ++k) many.push_back({"SET", "{a}" + std::to_string(k), "v"});
  REQUIRE(connection->pipeline(many));
  const auto all = read_final_data(cluster, {10s, 10s, 20});
  const FinalData& theirs = all[static_cast<std::size_t>(master)];
  CHECK(theirs.sample == 5);
  CHECK(theirs.values.size() < 60);
  CHECK_FALSE(theirs.values.empty());
  CHECK(all[static_cast<std::size_t>(replica)].values == theirs.values);

  // A replica keeps the keys of a slot that its master gave away, and answers MOVED for them.
  const std::string slot = std::to_string(slot_of("a"));
  const int other = *cluster.look().master_of_slot((slot_of("a") + 8000) % kSlotCount);
  auto taker = cluster.node(other).connect();
  auto follower = cluster.node(replica).connect();
  REQUIRE(taker);
  REQUIRE(follower);
  const std::string id = cluster.infos()[static_cast<std::size_t>(other)].id;
  REQUIRE(follower->call({"READONLY"})->is_ok());
  REQUIRE(taker
              ->call({"CLUSTER", "SETSLOT", slot, "IMPORTING",
                      cluster.infos()[static_cast<std::size_t>(master)].id})
              ->is_ok());
  REQUIRE(taker->call({"CLUSTER", "SETSLOT", slot, "NODE", id})->is_ok());
  wait_until("the replica to hear of the slot's owner", 10s, [&] {
    return follower->call({"GET", "{a}1"})->error_code() == "MOVED";
  });
  const FinalData data = read_node(cluster.node(replica), 10s);
  CHECK(data.complete);
  CHECK(data.values.empty());
  // Some builds tell their replicas that the slot was lost: then these have removed its keys.
  CHECK((data.foreign.size() == 100 || data.foreign.empty()));
}

TEST_CASE("copies are read anew while they differ, and so often as is asked for") {
  TestCluster test(3, 1);
  Cluster& cluster = test.cluster();
  const int replica = cluster.look().replicas_of(0).front();
  auto copy = cluster.node(replica).connect();
  REQUIRE(copy);
  const auto times_read = [&] {
    const std::string calls = "cmdstat_scan:calls=";
    const std::string stats = copy->call({"INFO", "commandstats"})->text;
    const std::size_t place = stats.find(calls);
    return place == std::string::npos ? 0 : std::atoi(stats.c_str() + place + calls.size());
  };
  DataReading thrice;
  thrice.attempts = 3;
  (void)read_final_data(cluster, thrice);
  CHECK(times_read() == 1);
  REQUIRE(copy->call({"CONFIG", "SET", "replica-read-only", "no"})->is_ok());
  const std::string library = "#!lua name=own\nredis.register_function('f', function() return 1 end)";
  REQUIRE_FALSE(copy->call({"FUNCTION", "LOAD", library})->is_error());
  const auto all = read_final_data(cluster, thrice);
  CHECK(times_read() == 4);
  CHECK_FALSE(differences(all[0], all[static_cast<std::size_t>(replica)]).empty());
}

TEST_CASE("a replica has caught up when it is synchronized and has all that its master had sent") {
  TestCluster test(3, 1);
  Cluster& cluster = test.cluster();
  const Roles roles = cluster.look();
  const int master = *roles.master_of_slot(slot_of("a"));
  const int replica = roles.replicas_of(master).front();
  auto connection = cluster.node(master).connect();
  REQUIRE(connection);
  REQUIRE(connection->call({"SET", "a", "1"})->is_ok());
  CatchUp catch_up(cluster.infos());
  CHECK(wait_until_caught_up(
            catch_up, [&] { return cluster.look(); }, 5s)
            .empty());
  CatchUp strict(cluster.infos());
  Roles behind = cluster.look();
  std::vector<View> views = behind.views();
  views[static_cast<std::size_t>(replica)].replication.offset = 0;
  const auto late = strict.behind(Roles(views, cluster.infos()));
  REQUIRE(late.contains(replica));
  CHECK_THAT(late.at(replica), Catch::Contains("bytes behind"));
  views[static_cast<std::size_t>(replica)].replication.link_up = false;
  CHECK_THAT(strict.behind(Roles(views, cluster.infos())).at(replica), Catch::Contains("not synchronized"));
}

TEST_CASE("a node that cannot be read whole is incomplete, and says why") {
  TestCluster test(3, 0);
  test.cluster().node(0).kill();
  test.cluster().node(1).signal(SIGSTOP);
  const auto all = read_final_data(test.cluster(), {300ms, 0ms});
  CHECK_FALSE(all[0].complete);
  CHECK_THAT(all[0].error, Catch::Contains("refused"));
  CHECK_FALSE(all[1].complete);
  CHECK_THAT(all[1].error, Catch::Contains("no answer in time"));
  CHECK(all[2].complete);
}

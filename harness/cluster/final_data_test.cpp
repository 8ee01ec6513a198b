#include "harness/cluster/final_data.h"

#include <catch2/catch.hpp>

#include <csignal>

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

  const auto all = read_final_data(cluster, 10s);
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

TEST_CASE("a node that cannot be read whole is incomplete, and says why") {
  TestCluster test(3, 0);
  test.cluster().node(0).kill();
  test.cluster().node(1).signal(SIGSTOP);
  const auto all = read_final_data(test.cluster(), 300ms);
  CHECK_FALSE(all[0].complete);
  CHECK_THAT(all[0].error, Catch::Contains("refused"));
  CHECK_FALSE(all[1].complete);
  CHECK_THAT(all[1].error, Catch::Contains("no answer in time"));
  CHECK(all[2].complete);
}

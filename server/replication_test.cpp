/// Replication between our node and redis-server 7.0, either as the master.
#include <catch2/catch.hpp>
#include <chrono>
#include <functional>
#include <thread>

#include "server/testing/child_server.h"

using namespace node::testing;

namespace {

bool eventually(const std::function<bool()>& holds, int seconds = 20) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  while (std::chrono::steady_clock::now() < deadline) {
    if (holds()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return false;
}

void replicate(const std::string& master_binary, const std::string& replica_binary,
               const std::string& diskless) {
  const Folder a, b;
  const std::vector<std::string> arguments{
      "--save", "", "--repl-diskless-sync", diskless, "--repl-diskless-sync-delay", "0"};
  const ChildServer master(master_binary, a.path(), arguments), replica(replica_binary, b.path(), arguments);
  Connection m = master.connect(), r = replica.connect();
  for (int i = 0; i < 500; ++i) m.ask("set before:" + std::to_string(i) + " v");
  m.ask("zadd z 1.5 a");
  REQUIRE(r.ask("replicaof 127.0.0.1 " + std::to_string(master.port())) == "+OK\r\n");
  REQUIRE(eventually(
      [&] { return r.ask("info replication").find("master_link_status:up") != std::string::npos; }));
  CHECK(r.ask("dbsize") == ":501\r\n");
  m.ask("set after 1");
  m.ask("incr after");
  m.ask("spop none");
  m.ask("set dies soon px 100000");
  m.ask("eval \"redis.call('set','s1','a') redis.call('lpush','s2','b') return 1\" 0");
  m.send_command({"multi"});
  m.reply();
  m.ask("set t1 x");
  m.ask("set t2 y");
  m.ask("exec");
  CHECK(m.ask("wait 1 5000") == ":1\r\n");
  CHECK(r.ask("get after") == "$1\r\n2\r\n");
  CHECK(r.ask("mget s1 t1 t2") == "*3\r\n$1\r\na\r\n$1\r\nx\r\n$1\r\ny\r\n");
  CHECK(r.ask("set x y").starts_with("-READONLY"));
  CHECK(std::stoi(r.ask("pttl dies").substr(1)) > 50000);
  // WAIT asks the replica (GETACK), again and again.
  for (int i = 0; i < 10; ++i) {
    m.ask("incr waits");
    CHECK(m.ask("wait 1 5000") == ":1\r\n");
  }
  // The link breaks and comes back: the backlog serves what was missed.
  r.ask("client kill type master");
  m.ask("set missed 1");
  CHECK(eventually([&] { return r.ask("get missed") == "$1\r\n1\r\n"; }));
}

}  // namespace

TEST_CASE("a replica of each kind follows a master of each kind") {
  const std::string ours = our_binary(), stock = stock_binary();
  replicate(ours, ours, "yes");
  if (stock.empty()) return;
  SECTION("our master, redis as replica, diskless") {
    replicate(ours, stock, "yes");
  }
  SECTION("our master, redis as replica, by disk") {
    replicate(ours, stock, "no");
  }
  SECTION("redis as master, our replica, diskless") {
    replicate(stock, ours, "yes");
  }
  SECTION("redis as master, our replica, by disk") {
    replicate(stock, ours, "no");
  }
}

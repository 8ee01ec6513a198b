/// Eviction in a running node: what is told of it, to subscribers and to the append-only file, and what dump
/// files carry of a key's use, there and back.
#include <catch2/catch.hpp>

#include "server/tests/testing/child_server.h"

using namespace node::testing;

namespace {

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("evicted keys stay gone after a restart, and are announced") {
  const Folder folder;
  ChildServer server(our_binary(), folder.path(), {"--save", "", "--appendonly", "yes"});
  {
    Connection c = server.connect(), listener = server.connect();
    CHECK(c.ask("config set notify-keyspace-events Ee maxmemory-policy allkeys-lru") == "+OK\r\n");
    for (int i = 0; i < 50; ++i) CHECK(c.ask("set k" + std::to_string(i) + " value") == "+OK\r\n");
    CHECK(c.ask("rpush list a b c") == ":3\r\n");
    listener.ask("subscribe __keyevent@0__:evicted");
    CHECK(c.ask("config set maxmemory 1") == "+OK\r\n");
    // Nobody asks for anything: it goes on by itself until nothing is left.
    CHECK(has(listener.reply(), "__keyevent@0__:evicted"));
    CHECK(eventually([&] { return c.ask("dbsize") == ":0\r\n"; }));
    CHECK(has(c.ask("info stats"), "evicted_keys:51"));
    CHECK(has(c.ask("set k v"), "OOM"));
    c.ask("config set maxmemory 0");
    CHECK(c.ask("set survivor here") == "+OK\r\n");
  }
  server.kill(9);
  server.wait();
  server.start();
  Connection c = server.connect();
  CHECK(c.ask("dbsize") == ":1\r\n");
  CHECK(c.ask("get survivor") == "$4\r\nhere\r\n");
}

TEST_CASE("a replica evicts nothing by itself, and follows its master's evictions") {
  const Folder master_folder, replica_folder;
  const std::vector<std::string> plain{"--save", "", "--maxmemory-policy", "allkeys-random"};
  const ChildServer master(our_binary(), master_folder.path(), plain),
      replica(our_binary(), replica_folder.path(), plain);
  Connection m = master.connect(), r = replica.connect();
  for (int i = 0; i < 50; ++i) m.ask("set k" + std::to_string(i) + " value");
  r.ask("replicaof 127.0.0.1 " + std::to_string(master.port()));
  REQUIRE(eventually([&] { return r.ask("dbsize") == ":50\r\n"; }));
  CHECK(r.ask("config set maxmemory 1") == "+OK\r\n");
  m.ask("set more value");
  REQUIRE(eventually([&] { return r.ask("dbsize") == ":51\r\n"; }));
  CHECK(m.ask("config set maxmemory 1") == "+OK\r\n");
  CHECK(eventually([&] { return r.ask("dbsize") == ":0\r\n"; }));
  CHECK(has(r.ask("info stats"), "evicted_keys:0"));
}

TEST_CASE("dump files carry idle times and counters, to redis-server and back") {
  if (stock_binary().empty()) {
    WARN("redis-server is not installed: nothing to compare with");
    return;
  }
  for (const std::string policy : {"allkeys-lru", "allkeys-lfu"}) {
    const bool frequency = policy == "allkeys-lfu";
    const std::string ask = frequency ? "object freq k" : "object idletime k";
    const Folder folder;  // one for both: what one saves the other loads
    const std::vector<std::string> arguments{"--maxmemory-policy", policy, "--lfu-decay-time", "0",
                                             "--appendonly",       "no"};
    ChildServer ours(our_binary(), folder.path(), arguments);
    std::string payload;
    {
      Connection c = ours.connect();
      c.ask("set k value");
      const std::string dump = c.ask("dump k");
      const std::size_t head = dump.find("\r\n") + 2;
      payload = dump.substr(head, dump.size() - head - 2);
      c.send_command({"restore", "k", "0", payload, "replace", frequency ? "freq" : "idletime",
                      frequency ? "77" : "5000"});
      CHECK(c.reply() == "+OK\r\n");
      CHECK(c.ask("save") == "+OK\r\n");
    }
    const std::string told = frequency ? ":77\r\n" : ":500";
    {
      const ChildServer stock(stock_binary(), folder.path(), arguments);
      Connection c = stock.connect();
      CHECK(c.ask(ask).starts_with(told));
      c.send_command({"restore", "k", "0", payload, "replace", frequency ? "freq" : "idletime",
                      frequency ? "99" : "7000"});
      CHECK(c.reply() == "+OK\r\n");
      CHECK(c.ask("save") == "+OK\r\n");
    }
    ours.kill(9);
    ours.wait();
    ours.start();
    Connection c = ours.connect();
    CHECK(c.ask(ask).starts_with(frequency ? ":99\r\n" : ":700"));
    CHECK(has(c.ask(frequency ? "object idletime k" : "object freq k"), "ERR An LFU maxmemory policy is"));
  }
}

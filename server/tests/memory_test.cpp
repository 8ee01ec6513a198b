/// Memory that is no longer used goes back to the system, and INFO and MEMORY STATS tell what is used.
#include <catch2/catch.hpp>

#include "server/tests/testing/child_server.h"

using namespace node::testing;

namespace {

constexpr std::size_t kMiB = 1 << 20;

std::size_t number(Connection& c, const std::string& name) {
  return std::stoul(field(c, "memory", name));
}

constexpr const char* kMake =
    "for i = 1, 150000 do redis.call('set', 'k' .. i, string.rep('x', i % 300)) end";
constexpr const char* kRemove = "for i = 1, 150000 do redis.call('del', 'k' .. i) end";

void run(Connection& c, const std::string& script) {
  c.send_command({"eval", script, "0"});
  REQUIRE(c.reply(120000) == "$-1\r\n");
}

/// Many small values of many sizes, some 40 MB.
void fill(Connection& c) {
  run(c, kMake);
}

/// The names in a flat reply of MEMORY STATS.
std::vector<std::string> names_in(const std::string& reply) {
  std::vector<std::string> names;
  for (std::size_t at = 0; (at = reply.find("\r\n", at)) != std::string::npos; at += 2)
    if (const char first = reply[at + 2]; first >= 'a' && first <= 'z')
      names.push_back(reply.substr(at + 2, reply.find("\r\n", at + 2) - at - 2));
  return names;
}

}  // namespace

TEST_CASE("FLUSHALL gives memory back") {
  const Folder folder;
  const ChildServer server(our_binary(), folder.path(), {"--save", "", "--appendonly", "no"});
  Connection c = server.connect();
  const std::size_t before = number(c, "used_memory_rss");
  fill(c);
  const std::size_t full = number(c, "used_memory_rss");
  REQUIRE(full > before + 20 * kMiB);
  for (const char* way : {"flushall", "flushdb"}) {
    CHECK(c.ask(way) == "+OK\r\n");
    CHECK(number(c, "used_memory_rss") < before + 12 * kMiB);
    fill(c);
  }
}

TEST_CASE("keys that are deleted give memory back in time, and MEMORY PURGE at once") {
  const Folder folder;
  const ChildServer server(our_binary(), folder.path(), {"--save", "", "--appendonly", "no"});
  Connection c = server.connect();
  const std::size_t before = number(c, "used_memory_rss");
  fill(c);
  const std::size_t peak = number(c, "used_memory_peak");
  run(c, kRemove);
  CHECK(eventually([&] { return number(c, "used_memory_rss") < before + 12 * kMiB; }));
  CHECK(number(c, "used_memory_peak") >= peak);
  fill(c);
  run(c, kRemove);
  CHECK(c.ask("memory purge") == "+OK\r\n");
  CHECK(number(c, "used_memory_rss") < before + 20 * kMiB);
  CHECK(number(c, "used_memory_peak") >= peak);
}

TEST_CASE("MEMORY STATS has redis-server's figures, and they agree with INFO") {
  const Folder folder;
  const ChildServer server(our_binary(), folder.path(), {"--save", "", "--appendonly", "no"});
  Connection c = server.connect();
  c.ask("set k v ex 100");
  const std::string mine = c.ask("memory stats");
  CHECK(names_in(mine).size() > 30);
  if (!stock_binary().empty()) {
    const Folder stock_folder;
    const ChildServer stock(stock_binary(), stock_folder.path(), {"--save", ""});
    Connection s = stock.connect();
    s.ask("set k v ex 100");
    CHECK(names_in(mine) == names_in(s.ask("memory stats")));
  }
  CHECK(mine.find("keys.count\r\n:1\r\n") != std::string::npos);
  CHECK(mine.find("startup.allocated\r\n:" + field(c, "memory", "used_memory_startup") + "\r\n") !=
        std::string::npos);
  CHECK(c.ask("memory doctor").find("empty") != std::string::npos);
  fill(c);
  CHECK(c.ask("memory doctor").find("No memory issue") != std::string::npos);
  run(c, "for i = 1, 110000 do redis.call('del', 'k' .. i) end");
  CHECK(c.ask("memory doctor").find("Peak memory") != std::string::npos);
}

/// Replication between our node and redis-server 7.0, either as the master.
#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <functional>
#include <thread>

#include "server/testing/child_server.h"

using namespace node::testing;

namespace {

void replicate(const std::string& master_binary, const std::string& replica_binary,
               const std::string& diskless) {
  const Folder a, b;
  const std::vector<std::string> arguments{"--save",
                                           "",
                                           "--repl-diskless-sync",
                                           diskless,
                                           "--repl-diskless-sync-delay",
                                           "0",
                                           "--enable-debug-command",
                                           "yes"};
  const ChildServer master(master_binary, a.path(), arguments), replica(replica_binary, b.path(), arguments);
  Connection m = master.connect(), r = replica.connect();
  for (int i = 0; i < 500; ++i) m.ask("set before:" + std::to_string(i) + " v");
  m.ask("zadd z 1.5 a");
  m.ask("xadd stream 1-1 f v");
  m.ask("xgroup create stream group 0");
  m.ask("xreadgroup group group alice streams stream >");
  REQUIRE(r.ask("replicaof 127.0.0.1 " + std::to_string(master.port())) == "+OK\r\n");
  REQUIRE(eventually(
      [&] { return r.ask("info replication").find("master_link_status:up") != std::string::npos; }));
  CHECK(r.ask("dbsize") == ":502\r\n");
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
  // Streams: ids that were generated, approximate trims and what groups deliver arrive as they were decided.
  for (int i = 0; i < 300; ++i) m.ask("xadd stream maxlen ~ 150 * f " + std::to_string(i));
  m.ask("xreadgroup group group bob count 3 streams stream >");
  m.ask("xreadgroup group group carol noack count 3 streams stream >");
  m.ask("xautoclaim stream group dave 0 0 count 2");
  m.ask("xgroup createconsumer stream group erin");
  m.ask("xadd stream 9999999999999-* f v");
  m.ask("xdel stream 9999999999999-0");
  m.ask("xack stream group 1-1");
  m.ask("xtrim stream minid ~ 9999999999999");
  CHECK(m.ask("wait 1 5000") == ":1\r\n");
  CHECK(r.ask("debug digest-value stream") == m.ask("debug digest-value stream"));
  for (const char* line : {"xinfo stream stream", "xpending stream group"}) CHECK(r.ask(line) == m.ask(line));
  CHECK(r.ask("xpending stream group - + 10 dave").starts_with("*"));
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

/// A field of INFO, as text.
std::string field(Connection& c, const std::string& section, const std::string& name) {
  const std::string text = c.ask("info " + section);
  const std::size_t at = text.find("\n" + name + ":");
  if (at == std::string::npos) return "";
  const std::size_t begin = at + name.size() + 2;
  return text.substr(begin, text.find('\r', begin) - begin);
}

bool link_is_up(Connection& replica) {
  return field(replica, "replication", "master_link_status") == "up";
}

/// Whatever cuts the replica off for a while, within the backlog it goes on where it was: +CONTINUE.
void resume(const std::string& master_binary, const std::string& replica_binary) {
  const Folder a, b;
  const std::vector<std::string> arguments{"--save", "", "--repl-diskless-sync-delay", "0"};
  const ChildServer master(master_binary, a.path(), arguments);
  std::vector<std::string> following = arguments;
  following.insert(following.end(), {"--replicaof", "127.0.0.1 " + std::to_string(master.port())});
  ChildServer replica(replica_binary, b.path(), following);
  Connection m = master.connect();
  m.ask("set first 1");
  {
    Connection r = replica.connect();
    REQUIRE(eventually([&] { return link_is_up(r) && r.ask("get first") == "$1\r\n1\r\n"; }));
  }
  REQUIRE(field(m, "stats", "sync_full") == "1");

  SECTION("the link is cut at the replica") {
    Connection r = replica.connect();
    REQUIRE(r.ask("client kill type master") == ":1\r\n");
  }
  SECTION("the link is cut at the master") {
    REQUIRE(m.ask("client kill type replica") == ":1\r\n");
  }
  SECTION("the replica restarts from the dump file that it left") {
    Connection r = replica.connect();
    r.send_command({"shutdown", "save"});
    replica.wait();
    m.ask("set meanwhile 1");
    replica.start();
  }
  SECTION("the replica is killed, and restarts from an earlier dump file") {
    Connection r = replica.connect();
    REQUIRE(r.ask("save") == "+OK\r\n");
    m.ask("set later 1");
    REQUIRE(eventually([&] { return r.ask("get later") == "$1\r\n1\r\n"; }));
    replica.kill(SIGKILL);
    replica.wait();
    m.ask("del later");
    replica.start();
  }
  m.ask("set missed 1");
  Connection r = replica.connect();
  REQUIRE(eventually([&] { return link_is_up(r) && r.ask("get missed") == "$1\r\n1\r\n"; }));
  CHECK(r.ask("get later") == "$-1\r\n");
  CHECK(field(m, "stats", "sync_partial_ok") == "1");
  CHECK(field(m, "stats", "sync_full") == "1");
}

}  // namespace

TEST_CASE(
    "a link that breaks, and a replica that restarts, go on from the backlog: our master, our replica") {
  resume(our_binary(), our_binary());
}

TEST_CASE(
    "a link that breaks, and a replica that restarts, go on from the backlog: our master, redis as replica") {
  if (stock_binary().empty()) {
    WARN("SKIPPED: redis-server is not installed");
    return;
  }
  resume(our_binary(), stock_binary());
}

TEST_CASE(
    "a link that breaks, and a replica that restarts, go on from the backlog: redis as master, our replica") {
  if (stock_binary().empty()) {
    WARN("SKIPPED: redis-server is not installed");
    return;
  }
  resume(stock_binary(), our_binary());
}

TEST_CASE("a master that restarts from an old dump file does not pass for the one that streamed more") {
  const Folder a, b;
  const std::vector<std::string> arguments{"--save", "100000 1", "--repl-diskless-sync-delay", "0"};
  ChildServer master(our_binary(), a.path(), arguments);
  const ChildServer replica(our_binary(), b.path(), {"--save", "", "--repl-diskless-sync-delay", "0"});
  Connection r = replica.connect();
  std::string name;
  {
    Connection m = master.connect();
    r.ask("replicaof 127.0.0.1 " + std::to_string(master.port()));
    m.ask("set kept 1");
    REQUIRE(eventually([&] { return r.ask("get kept") == "$1\r\n1\r\n"; }));
    name = field(m, "replication", "master_replid");
    REQUIRE(m.ask("save") == "+OK\r\n");
    m.ask("set lost 1");
    REQUIRE(eventually([&] { return r.ask("get lost") == "$1\r\n1\r\n"; }));
  }
  // The replica does not come back before the master has streamed as much again, but other bytes.
  replica.kill(SIGSTOP);
  master.kill(SIGKILL);
  master.wait();
  master.start();
  Connection m = master.connect();
  CHECK(field(m, "replication", "master_replid") != name);
  CHECK(field(m, "replication", "master_replid2") == name);
  for (int i = 0; i < 10; ++i) m.ask("set other 1");
  replica.kill(SIGCONT);
  REQUIRE(eventually([&] { return r.ask("get other") == "$1\r\n1\r\n"; }));
  CHECK(r.ask("get lost") == "$-1\r\n");
}

TEST_CASE(
    "who waits for a key is told when the master becomes a replica, and CLIENT LIST shows the new link") {
  const Folder a, b;
  const std::vector<std::string> arguments{"--save", "", "--repl-diskless-sync-delay", "0"};
  const ChildServer master(our_binary(), a.path(), arguments), other(our_binary(), b.path(), arguments);
  Connection waiting = other.connect(), control = other.connect();
  waiting.send_command({"blpop", "nothing", "0"});
  REQUIRE(eventually([&] { return field(control, "clients", "blocked_clients") == "1"; }));
  control.ask("replicaof 127.0.0.1 " + std::to_string(master.port()));
  CHECK(waiting.reply().starts_with("-UNBLOCKED"));
  REQUIRE(eventually([&] { return link_is_up(control); }));
  const std::string list = control.ask("client list type master");
  CHECK(list.find("addr=127.0.0.1:" + std::to_string(master.port())) != std::string::npos);
  CHECK(list.find("flags=M") != std::string::npos);
}

TEST_CASE("a replica that restarts keeps the keys that expired meanwhile, for its master to delete") {
  const Folder a, b;
  const ChildServer master(
      our_binary(), a.path(),
      {"--save", "", "--repl-diskless-sync-delay", "0", "--enable-debug-command", "yes"});
  ChildServer replica(our_binary(), b.path(),
                      {"--save", "", "--replicaof", "127.0.0.1 " + std::to_string(master.port())});
  Connection m = master.connect();
  m.ask("debug set-active-expire 0");
  {
    Connection r = replica.connect();
    REQUIRE(eventually([&] { return link_is_up(r); }));
    m.ask("set soon v px 300");
    REQUIRE(eventually([&] { return r.ask("dbsize") == ":1\r\n"; }));
    REQUIRE(r.ask("save") == "+OK\r\n");
  }
  replica.kill(SIGKILL);
  replica.wait();
  REQUIRE(eventually([&] { return m.ask("pttl soon") == ":-2\r\n"; }));  // and deleted there, by this look
  replica.start();
  Connection r = replica.connect();
  REQUIRE(eventually([&] { return link_is_up(r); }));
  CHECK(eventually([&] { return r.ask("dbsize") == ":0\r\n"; }));  // by the DEL in the stream
  CHECK(field(m, "stats", "sync_partial_ok") == "1");
}

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

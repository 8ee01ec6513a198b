/// Replication between our node and redis-server 7.0, either as the master.
#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <functional>
#include <thread>

#include "server/tests/testing/child_server.h"

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

/// Nobody knows the new id: who comes back begins anew, though the backlog has all it lacks.
void change_id(const std::string& master_binary, const std::string& replica_binary) {
  const Folder a, b;
  const std::vector<std::string> arguments{
      "--save", "", "--repl-diskless-sync-delay", "0", "--enable-debug-command", "yes"};
  const ChildServer master(master_binary, a.path(), arguments);
  std::vector<std::string> following = arguments;
  following.insert(following.end(), {"--replicaof", "127.0.0.1 " + std::to_string(master.port())});
  const ChildServer replica(replica_binary, b.path(), following);
  Connection m = master.connect(), r = replica.connect();
  REQUIRE(eventually([&] { return link_is_up(r); }));
  const std::string id = field(m, "replication", "master_replid");
  REQUIRE(m.ask("debug change-repl-id") == "+OK\r\n");
  CHECK(field(m, "replication", "master_replid") != id);
  CHECK(field(m, "replication", "master_replid2") == std::string(40, '0'));
  // The link that stands goes on.
  m.ask("set k 1");
  CHECK(m.ask("wait 1 5000") == ":1\r\n");
  CHECK(field(m, "stats", "sync_full") == "1");

  REQUIRE(m.ask("client kill type replica") == ":1\r\n");
  CHECK(eventually([&] { return field(m, "stats", "sync_full") == "2" && link_is_up(r); }));
  CHECK(field(m, "stats", "sync_partial_ok") == "0");
  CHECK(field(r, "replication", "master_replid") == field(m, "replication", "master_replid"));
  CHECK(r.ask("get k") == "$1\r\n1\r\n");
}

}  // namespace

TEST_CASE("DEBUG CHANGE-REPL-ID: a replica that comes back begins anew") {
  change_id(our_binary(), our_binary());
  if (stock_binary().empty()) {
    WARN("SKIPPED: redis-server is not installed");
    return;
  }
  change_id(our_binary(), stock_binary());
  change_id(stock_binary(), our_binary());
}

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

TEST_CASE("WAIT refuses to wait for more replicas than can be counted") {
  const Folder folder;
  const ChildServer server(our_binary(), folder.path(), {});
  Connection client = server.connect();
  CHECK(client.ask("wait 2147483648 0").starts_with("-ERR value is out of range"));
  CHECK(client.ask("wait 0 0") == ":0\r\n");
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

namespace {

/// FAILOVER there and back between a master and a replica of any make, while somebody writes.
void hand_over(const std::string& master_binary, const std::string& replica_binary) {
  const Folder a, b;
  const std::vector<std::string> arguments{"--save", "", "--repl-diskless-sync-delay", "0"};
  const ChildServer first(master_binary, a.path(), arguments), second(replica_binary, b.path(), arguments);
  Connection one = first.connect(), two = second.connect();
  two.ask("replicaof 127.0.0.1 " + std::to_string(first.port()));
  REQUIRE(eventually([&] { return link_is_up(two); }));
  const auto hand = [&](Connection& from, Connection& to, const ChildServer& heir, const std::string& value) {
    CHECK(from.ask("set k " + value) == "+OK\r\n");
    const std::string full = field(to, "stats", "sync_full");
    // The former link is acknowledged once a second.
    REQUIRE(from.ask("failover to 127.0.0.1 " + std::to_string(heir.port())) == "+OK\r\n");
    REQUIRE(eventually([&] {
      return field(from, "replication", "master_failover_state") == "no-failover" && link_is_up(from);
    }));
    CHECK(field(to, "replication", "role") == "master");
    CHECK(to.ask("get k") == "$1\r\n" + value + "\r\n");
    CHECK(field(to, "stats", "sync_full") == full);  // partially
    CHECK(from.ask("set k x").starts_with("-READONLY"));
  };
  hand(one, two, second, "1");
  hand(two, one, first, "2");
  CHECK(one.ask("failover abort") == "-ERR No failover in progress.\r\n");
}

}  // namespace

TEST_CASE("FAILOVER there and back: our master, our replica") {
  hand_over(our_binary(), our_binary());
}

TEST_CASE("FAILOVER there and back: ours and redis-server") {
  if (stock_binary().empty()) {
    WARN("SKIPPED: redis-server is not installed");
    return;
  }
  hand_over(our_binary(), stock_binary());
}

TEST_CASE("writes wait while FAILOVER waits for a replica that stands still, and go on when it gives up") {
  const Folder a, b;
  const std::vector<std::string> arguments{"--save", "", "--repl-diskless-sync-delay", "0"};
  const ChildServer master(our_binary(), a.path(), arguments), replica(our_binary(), b.path(), arguments);
  Connection m = master.connect(), r = replica.connect(), writer = master.connect();
  CHECK(m.ask("failover") == "-ERR FAILOVER requires connected replicas.\r\n");
  CHECK(m.ask("failover to 127.0.0.1 x").starts_with("-ERR"));
  r.ask("replicaof 127.0.0.1 " + std::to_string(master.port()));
  REQUIRE(eventually([&] { return link_is_up(r); }));
  replica.kill(SIGSTOP);
  m.ask("set k 1");
  CHECK(m.ask("failover timeout 1500") == "+OK\r\n");
  CHECK(field(m, "replication", "master_failover_state") == "waiting-for-sync");
  CHECK(m.ask("replicaof no one") == "-ERR REPLICAOF not allowed while failing over.\r\n");
  CHECK(m.ask("get k") == "$1\r\n1\r\n");
  writer.send_command({"set", "k", "2"});
  CHECK(eventually([&] { return field(m, "clients", "blocked_clients") == "1"; }));
  CHECK(writer.reply() == "+OK\r\n");  // once the time is up
  CHECK(field(m, "replication", "role") == "master");
  replica.kill(SIGCONT);
  CHECK(eventually([&] { return r.ask("get k") == "$1\r\n2\r\n"; }));
}

TEST_CASE(
    "keys whose time passed while a master was down are gone at its replicas too, without a full transfer") {
  const Folder a, b;
  ChildServer master(
      our_binary(), a.path(),
      {"--save", "3600 1", "--repl-diskless-sync-delay", "0", "--enable-debug-command", "yes"});
  const ChildServer replica(our_binary(), b.path(),
                            {"--save", "", "--replicaof", "127.0.0.1 " + std::to_string(master.port())});
  Connection r = replica.connect();
  {
    Connection m = master.connect();
    REQUIRE(eventually([&] { return link_is_up(r); }));
    m.ask("debug set-active-expire 0");
    m.ask("mset stays 1 also 1");
    for (int i = 0; i < 10; ++i) m.ask("set dies" + std::to_string(i) + " v px 1");
    REQUIRE(eventually([&] { return r.ask("dbsize") == ":12\r\n"; }));
    m.send_command({"shutdown"});
    master.wait();
  }
  master.start();
  Connection m = master.connect();
  CHECK(field(m, "persistence", "rdb_last_load_keys_expired") == "10");
  CHECK(field(m, "persistence", "rdb_last_load_keys_loaded") == "2");
  CHECK(eventually([&] { return link_is_up(r) && r.ask("dbsize") == ":2\r\n"; }));
  CHECK(field(m, "stats", "sync_full") == "0");
  m.ask("config resetstat");
  CHECK(field(m, "stats", "sync_partial_ok") == "0");
}

TEST_CASE(
    "a writable replica expires what its own clients gave a time to live, and leaves the rest to its "
    "master") {
  const Folder a, b;
  const ChildServer master(
      our_binary(), a.path(),
      {"--save", "", "--repl-diskless-sync-delay", "0", "--enable-debug-command", "yes"});
  const ChildServer replica(our_binary(), b.path(),
                            {"--save", "", "--replica-read-only", "no", "--replicaof",
                             "127.0.0.1 " + std::to_string(master.port())});
  Connection m = master.connect(), r = replica.connect();
  REQUIRE(eventually([&] { return link_is_up(r); }));
  m.ask("debug set-active-expire 0");
  m.ask("set theirs 5 px 50");
  m.ask("set theirs_too 5 px 50");
  REQUIRE(eventually([&] { return r.ask("dbsize") == ":2\r\n"; }));
  CHECK(r.ask("set ours 1 px 50") == "+OK\r\n");
  CHECK(r.ask("eval \"redis.call('set', KEYS[1], 1, 'px', 50)\" 1 scripted") == "$-1\r\n");
  CHECK(r.ask("set lasts 1 px 100000") == "+OK\r\n");
  CHECK(eventually([&] { return r.ask("dbsize") == ":3\r\n"; }));  // theirs, theirs_too, lasts
  REQUIRE(eventually([&] { return r.ask("exists theirs theirs_too") == ":0\r\n"; }));
  CHECK(r.ask("dbsize") == ":3\r\n");
  // A write makes it anew, as on a master.
  CHECK(r.ask("incr theirs") == ":1\r\n");
  CHECK(r.ask("ttl theirs") == ":-1\r\n");
}

TEST_CASE("a replica knows how much a group has read, and its lag (redis#12898)") {
  const Folder a, b;
  const ChildServer master(our_binary(), a.path(), {"--save", ""});
  const ChildServer replica(our_binary(), b.path(),
                            {"--save", "", "--replicaof", "127.0.0.1 " + std::to_string(master.port())});
  Connection m = master.connect(), r = replica.connect();
  REQUIRE(eventually([&] { return field(r, "replication", "master_link_status") == "up"; }));
  m.ask("xgroup create s g 0 mkstream entriesread 0");
  for (int i = 1; i <= 10; ++i) m.ask("xadd s " + std::to_string(i) + "-1 f v");
  for (const char* line :
       {"xreadgroup group g one count 3 streams s >", "xreadgroup group g two noack count 2 streams s >",
        "xdel s 7-1", "xreadgroup group g one count 2 streams s >", "xtrim s minid 4-1"}) {
    INFO(line);
    REQUIRE(m.ask(line)[0] != '-');
    CHECK(m.ask("wait 1 5000") == ":1\r\n");
    const std::string here = m.ask("xinfo groups s");
    CHECK(here.find("entries-read") != std::string::npos);
    CHECK(r.ask("xinfo groups s") == here);
  }
}

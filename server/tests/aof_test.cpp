/// The append-only file's parts while the node runs: what a rewrite that fails, one that is the first, and
/// files of other writers leave behind.
#include <sys/types.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "server/tests/testing/child_server.h"

using namespace node::testing;

namespace {

/// The child that writes data; 0 when there is none.
pid_t child_of(Connection& c) {
  const std::string pid = field(c, "server", "process_id");
  std::ifstream in("/proc/" + pid + "/task/" + pid + "/children");
  pid_t child = 0;
  in >> child;
  return child;
}

std::string text_of(const std::string& path) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

void kill_child(Connection& c) {
  pid_t child = 0;
  REQUIRE(eventually([&] { return (child = child_of(c)) != 0; }));
  ::kill(child, SIGKILL);
}

bool rewriting(Connection& c) {
  return field(c, "persistence", "aof_rewrite_in_progress") == "1" ||
         field(c, "persistence", "aof_rewrite_scheduled") == "1";
}

}  // namespace

TEST_CASE("rewrites that fail leave increments that are all read, in order, after a kill") {
  const Folder folder;
  ChildServer server(our_binary(), folder.path(),
                     {"--save", "", "--appendonly", "yes", "--appendfsync", "always"});
  const std::string manifest = folder.path() + "/appendonlydir/appendonly.aof.manifest";
  CHECK(text_of(manifest) ==
        "file appendonly.aof.1.base.rdb seq 1 type b\nfile appendonly.aof.1.incr.aof seq 1 type i\n");
  {
    Connection c = server.connect();
    c.ask("config set rdb-key-save-delay 10000000");
    c.ask("rpush l 0");
    for (int i = 1; i <= 3; ++i) {
      REQUIRE(c.ask("bgrewriteaof").starts_with("+Background"));
      c.ask("rpush l " + std::to_string(i));
      kill_child(c);
      REQUIRE(eventually([&] { return !rewriting(c); }));
    }
    CHECK(field(c, "persistence", "aof_last_bgrewrite_status") == "err");
    // Three in a row: the next automatic one waits, one that is asked for does not.
    c.ask("config set auto-aof-rewrite-min-size 1 auto-aof-rewrite-percentage 1");
    c.ask("rpush l 4");
    CHECK_FALSE(rewriting(c));
  }
  CHECK(text_of(manifest).find("appendonly.aof.4.incr.aof") != std::string::npos);
  server.kill(SIGKILL);
  server.wait();
  server.start();
  Connection c = server.connect();
  CHECK(c.ask("lrange l 0 -1") == "*5\r\n$1\r\n0\r\n$1\r\n1\r\n$1\r\n2\r\n$1\r\n3\r\n$1\r\n4\r\n");
  REQUIRE(c.ask("bgrewriteaof").starts_with("+Background"));
  REQUIRE(eventually([&] { return !rewriting(c); }));
  CHECK(text_of(manifest) ==
        "file appendonly.aof.2.base.rdb seq 2 type b\nfile appendonly.aof.5.incr.aof seq 5 type i\n");
  CHECK_FALSE(std::filesystem::exists(folder.path() + "/appendonlydir/appendonly.aof.4.incr.aof"));
}

TEST_CASE("turned on while it runs, the append-only file is not there before its first base is whole") {
  const Folder folder;
  ChildServer server(our_binary(), folder.path(), {"--save", "", "--shutdown-timeout", "0"});
  const std::string files = folder.path() + "/appendonlydir/";
  {
    Connection c = server.connect();
    c.ask("set before 1");
    c.ask("config set rdb-key-save-delay 10000000");
    REQUIRE(c.ask("config set appendonly yes") == "+OK\r\n");
    CHECK(c.ask("set meanwhile 1") == "+OK\r\n");
    CHECK_FALSE(std::filesystem::exists(files + "appendonly.aof.manifest"));
    CHECK(c.ask("shutdown") == "-ERR Errors trying to SHUTDOWN. Check logs.\r\n");
    kill_child(c);
    // It is tried again, by itself.
    c.ask("config set rdb-key-save-delay 0");
    kill_child(c);
    CHECK(eventually([&] { return std::filesystem::exists(files + "appendonly.aof.manifest"); }));
    REQUIRE(eventually([&] { return !rewriting(c); }));
    c.ask("set after 1");
    CHECK_FALSE(std::filesystem::exists(files + "temp-appendonly.aof.incr.aof"));
  }
  server.kill(SIGKILL);
  server.wait();
  server.launch({"--appendonly", "yes"});
  REQUIRE(eventually([&] { return server.connect().ask("exists before meanwhile after") == ":3\r\n"; }));
}

TEST_CASE("FLUSHALL gives up a dump that is being written, and that is no failure") {
  const Folder folder;
  const ChildServer server(our_binary(), folder.path(), {"--save", "", "--rdb-key-save-delay", "10000000"});
  Connection c = server.connect();
  c.ask("set k 1");
  REQUIRE(c.ask("bgsave").starts_with("+Background"));
  CHECK(field(c, "persistence", "rdb_bgsave_in_progress") == "1");
  CHECK(field(c, "persistence", "current_save_keys_total") == "1");
  CHECK(c.ask("flushall") == "+OK\r\n");
  CHECK(field(c, "persistence", "rdb_bgsave_in_progress") == "0");
  CHECK(field(c, "persistence", "rdb_last_bgsave_status") == "ok");
  CHECK_FALSE(std::filesystem::exists(folder.path() + "/dump.rdb"));
}

TEST_CASE("a base of commands, with timestamps, is read by redis-server and the other way round") {
  if (stock_binary().empty()) {
    WARN("SKIPPED: redis-server is not installed");
    return;
  }
  const bool ours_first = GENERATE(true, false);
  const Folder folder;
  const std::vector<std::string> arguments{"--save",
                                           "",
                                           "--appendonly",
                                           "yes",
                                           "--aof-use-rdb-preamble",
                                           "no",
                                           "--enable-debug-command",
                                           "yes",
                                           "--aof-timestamp-enabled",
                                           "yes"};
  std::string digest;
  {
    ChildServer writer(ours_first ? our_binary() : stock_binary(), folder.path(), arguments);
    Connection c = writer.connect();
    c.ask("set s \"a\\r\\nb\" px 100000000");
    c.ask("set n 12");
    std::string many;
    for (int i = 0; i < 300; ++i) many += " " + std::to_string(i) + " v" + std::to_string(i);
    c.ask("rpush l" + many);
    c.ask("sadd t" + many);
    c.ask("hset h" + many);
    c.ask("zadd z 1.5 a -inf b 3 c");
    c.ask("select 3");
    c.ask("set elsewhere 1");
    REQUIRE(c.ask("bgrewriteaof").starts_with("+Background"));
    REQUIRE(eventually([&] { return !rewriting(c); }));
    c.ask("append elsewhere 2");
    digest = c.ask("debug digest");
    c.send_command({"shutdown"});
    writer.wait();
  }
  const std::string base = text_of(folder.path() + "/appendonlydir/appendonly.aof.2.base.aof");
  CHECK(base.starts_with("#TS:"));
  CHECK(base.find("RPUSH") != std::string::npos);
  const ChildServer reader(ours_first ? stock_binary() : our_binary(), folder.path(), arguments);
  CHECK(reader.connect().ask("debug digest") == digest);
}

TEST_CASE("a single file of redis 6 becomes the base, also when the move was interrupted") {
  const bool interrupted = GENERATE(true, false);
  const Folder folder;
  std::ofstream(folder.path() + "/appendonly.aof") << "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n";
  if (interrupted) {
    std::filesystem::create_directory(folder.path() + "/appendonlydir");
    std::ofstream(folder.path() + "/appendonlydir/appendonly.aof.manifest")
        << "file appendonly.aof seq 1 type b\n";
  }
  const ChildServer server(our_binary(), folder.path(), {"--save", "", "--appendonly", "yes"});
  Connection c = server.connect();
  CHECK(c.ask("get k") == "$1\r\nv\r\n");
  CHECK_FALSE(std::filesystem::exists(folder.path() + "/appendonly.aof"));
  CHECK(text_of(folder.path() + "/appendonlydir/appendonly.aof.manifest") ==
        "file appendonly.aof seq 1 type b\nfile appendonly.aof.1.incr.aof seq 1 type i\n");
}

TEST_CASE("scripts in an append-only file run at a replica too") {
  const Folder folder;
  std::filesystem::create_directory(folder.path() + "/appendonlydir");
  std::ofstream(folder.path() + "/appendonlydir/appendonly.aof.1.incr.aof")
      << "*4\r\n$4\r\nEVAL\r\n$33\r\nredis.call('set', KEYS[1], '100')\r\n$1\r\n1\r\n$1\r\nk\r\n";
  std::ofstream(folder.path() + "/appendonlydir/appendonly.aof.manifest")
      << "file appendonly.aof.1.incr.aof seq 1 type i\n";
  const ChildServer server(our_binary(), folder.path(),
                           {"--save", "", "--appendonly", "yes", "--replicaof", "127.0.0.1 1"});
  CHECK(server.connect().ask("get k") == "$3\r\n100\r\n");
}

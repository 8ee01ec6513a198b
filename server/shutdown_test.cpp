/// SHUTDOWN and its signals: what was answered for is not left behind.
#include <sys/wait.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <string>

#include "server/testing/child_server.h"

using namespace node::testing;

namespace {

void follow(const ChildServer& replica, const ChildServer& master) {
  Connection c = replica.connect();
  c.ask("replicaof 127.0.0.1 " + std::to_string(master.port()));
  REQUIRE(eventually([&] { return c.ask("role").find("connected") != std::string::npos; }));
  Connection m = master.connect();
  REQUIRE(eventually([&] { return m.ask("info replication").find("state=online") != std::string::npos; }));
}

/// A replica that is alive and hears nothing, and a write that it has not got.
struct Behind {
  Folder folder, replica_folder;
  ChildServer master{our_binary(), folder.path(), {"--save", "", "--repl-diskless-sync-delay", "0"}};
  ChildServer replica{our_binary(), replica_folder.path(), {"--save", ""}};
  Behind() {
    follow(replica, master);
    replica.kill(SIGSTOP);
    REQUIRE(master.connect().ask("set k v") == "+OK\r\n");
  }
  ~Behind() { replica.kill(SIGCONT); }
};

}  // namespace

TEST_CASE("SHUTDOWN waits for a replica that is behind, with writes held back") {
  Behind b;
  Connection asks = b.master.connect(), writes = b.master.connect(), reads = b.master.connect();
  asks.send_command({"shutdown"});
  REQUIRE(
      eventually([&] { return reads.ask("info clients").find("blocked_clients:1") != std::string::npos; }));
  writes.send_command({"set", "late", "1"});
  CHECK(reads.ask("get k") == "$1\r\nv\r\n");
  CHECK(reads.ask("get late") == "$-1\r\n");
  b.replica.kill(SIGCONT);
  CHECK(WIFEXITED(b.master.wait()));
  CHECK(eventually([&] { return b.replica.connect().ask("get k") == "$1\r\nv\r\n"; }));
  CHECK(b.replica.connect().ask("get late") == "$-1\r\n");
}

TEST_CASE("SHUTDOWN ABORT takes it back; NOW and shutdown-timeout end the wait") {
  Behind b;
  Connection asks = b.master.connect(), other = b.master.connect(), writes = b.master.connect();
  CHECK(other.ask("shutdown abort") == "-ERR No shutdown in progress.\r\n");
  asks.send_command({"shutdown"});
  REQUIRE(
      eventually([&] { return other.ask("info clients").find("blocked_clients:1") != std::string::npos; }));
  writes.send_command({"set", "late", "1"});
  CHECK(other.ask("shutdown abort") == "+OK\r\n");
  CHECK(asks.reply() == "-ERR Errors trying to SHUTDOWN. Check logs.\r\n");
  CHECK(writes.reply() == "+OK\r\n");
  SECTION("NOW") {
    other.send_command({"shutdown", "now"});
    CHECK(WIFEXITED(b.master.wait()));
  }
  SECTION("the timeout, after a signal") {
    CHECK(other.ask("config set shutdown-timeout 1") == "+OK\r\n");
    b.master.kill(SIGTERM);
    CHECK(WIFEXITED(b.master.wait()));
  }
}

TEST_CASE("shutdown-on-sigterm says whether data is saved") {
  const Folder folder;
  ChildServer server(our_binary(), folder.path(), {"--save", "", "--shutdown-on-sigterm", "save"});
  CHECK(server.connect().ask("set k v") == "+OK\r\n");
  server.kill(SIGTERM);
  server.wait();
  server.start();
  CHECK(server.connect().ask("get k") == "$1\r\nv\r\n");
  CHECK(server.connect().ask("config set shutdown-on-sigterm \"nosave now\"") == "+OK\r\n");
  CHECK(server.connect().ask("config set shutdown-on-sigterm \"nosave save\"").starts_with("-ERR"));
  CHECK(server.connect().ask("set k other") == "+OK\r\n");
  server.kill(SIGTERM);
  server.wait();
  server.start();
  CHECK(server.connect().ask("get k") == "$1\r\nv\r\n");
}

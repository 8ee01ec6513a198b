/// The end of a node: replicas that lag are waited for, and the wait can be taken back.
#include <sys/wait.h>

#include <catch2/catch.hpp>
#include <csignal>

#include "server/tests/testing/child_server.h"

using namespace node::testing;

namespace {

/// A master whose replica stands still, one write behind.
struct Lagging {
  Folder a, b;
  ChildServer master, replica;
  Connection m;
  explicit Lagging(const std::string& timeout)
      : master(our_binary(), a.path(),
               {"--save", "", "--repl-diskless-sync-delay", "0", "--shutdown-timeout", timeout}),
        replica(our_binary(), b.path(),
                {"--save", "", "--replicaof", "127.0.0.1 " + std::to_string(master.port())}),
        m(master.connect()) {
    m.ask("set k 1");
    Connection r = replica.connect();
    REQUIRE(eventually([&] { return r.ask("get k") == "$1\r\n1\r\n"; }));
    replica.kill(SIGSTOP);
    m.ask("incr k");
  }
  bool ending() { return m.ask("info server").find("shutdown_in_milliseconds:") != std::string::npos; }
};

}  // namespace

TEST_CASE("SHUTDOWN and SIGTERM wait until the replica has the last write") {
  const bool by_signal = GENERATE(true, false);
  Lagging pair("60");
  Connection asks = pair.master.connect();
  if (by_signal)
    pair.master.kill(SIGTERM);
  else
    asks.send_command({"shutdown"});
  REQUIRE(eventually([&] { return pair.ending(); }));
  Connection writer = pair.master.connect();
  writer.send_command({"incr", "k"});  // waits, and is never done
  pair.replica.kill(SIGCONT);
  const int status = pair.master.wait();
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  CHECK(pair.replica.connect().ask("get k") == "$1\r\n2\r\n");
  CHECK_FALSE(writer.reply().starts_with(":"));
}

TEST_CASE("a shutdown that waits can be aborted, its clients hear so, and writes go on") {
  Lagging pair("60");
  CHECK(pair.m.ask("shutdown abort") == "-ERR No shutdown in progress.\r\n");
  Connection asks = pair.master.connect(), writes = pair.master.connect();
  asks.send_command({"shutdown"});
  REQUIRE(eventually([&] { return pair.ending(); }));
  writes.send_command({"incr", "k"});
  CHECK(pair.m.ask("shutdown abort") == "+OK\r\n");
  CHECK(asks.reply() == "-ERR Errors trying to SHUTDOWN. Check logs.\r\n");
  CHECK(writes.reply() == ":3\r\n");
  CHECK_FALSE(pair.ending());
  // At once it ends, whoever lags.
  pair.m.send_command({"shutdown", "now"});
  CHECK(WEXITSTATUS(pair.master.wait()) == 0);
  pair.replica.kill(SIGCONT);
}

TEST_CASE("a replica that never comes is waited for no longer than shutdown-timeout") {
  Lagging pair("1");
  pair.m.send_command({"shutdown"});
  CHECK(WEXITSTATUS(pair.master.wait()) == 0);
  pair.replica.kill(SIGCONT);
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

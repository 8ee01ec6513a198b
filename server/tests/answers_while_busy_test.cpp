/// While a script runs long, or the data is loaded, the node goes on answering others, with BUSY or LOADING.
#include <sys/wait.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <thread>

#include "server/tests/testing/child_server.h"

using namespace node::testing;

namespace {

const std::vector<std::string> kFastBusy{"--save", "", "--busy-reply-threshold", "50"};
const std::string kBusy =
    "-BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.\r\n";

}  // namespace

TEST_CASE("a script that never ends: others hear BUSY until SCRIPT KILL") {
  const Folder folder;
  const ChildServer server(our_binary(), folder.path(), kFastBusy);
  Connection runner = server.connect(), other = server.connect(), idle = server.connect();
  CHECK(other.ask("script kill") == "-NOTBUSY No scripts in execution right now.\r\n");
  CHECK(other.ask("multi") == "+OK\r\n");
  runner.send_command({"eval", "while true do pcall(redis.call, 'get', 'x') end", "0"});
  REQUIRE(eventually([&] { return idle.ask("ping") == kBusy; }));
  // A transaction may begin and end meanwhile, but nothing may be queued.
  CHECK(other.ask("set k v") == kBusy);
  CHECK(other.ask("exec").starts_with("-EXECABORT Transaction discarded because of: BUSY"));
  CHECK(idle.ask("shutdown") == kBusy);
  CHECK(server.connect().ask("get k") == kBusy);
  CHECK(idle.ask("script kill") == "+OK\r\n");
  CHECK(runner.reply().starts_with("-ERR "));
  CHECK(idle.ask("get k") == "$-1\r\n");
  CHECK(runner.ask("eval 'return 7' 0") == ":7\r\n");
}

TEST_CASE("a script that wrote cannot be killed, only the server can, and what it wrote is not saved") {
  const Folder folder;
  ChildServer server(our_binary(), folder.path(),
                     {"--save", "3600 1", "--busy-reply-threshold", "50", "--appendonly", "yes"});
  Connection runner = server.connect(), other = server.connect();
  CHECK(other.ask("set before 1") == "+OK\r\n");
  runner.send_command({"eval", "redis.call('set', 'half', 1) while true do end", "0"});
  REQUIRE(eventually([&] { return other.ask("ping") == kBusy; }));
  CHECK(other.ask("script kill").starts_with("-UNKILLABLE Sorry the script already executed write commands"));
  other.send_command({"shutdown", "nosave"});
  const int status = server.wait();
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  server.start();
  Connection again = server.connect();
  CHECK(again.ask("get half") == "$-1\r\n");
  CHECK(again.ask("get before") == "$1\r\n1\r\n");
}

TEST_CASE("a wave of expiries goes in slices between the clients' turns, and does not wait for the cron") {
  const Folder folder;
  const ChildServer server(our_binary(), folder.path(), {"--save", "", "--enable-debug-command", "yes"});
  Connection c = server.connect();
  CHECK(c.ask("debug set-active-expire 0") == "+OK\r\n");
  c.send_command({"eval", "for i = 1, 60000 do redis.call('set', 'k' .. i, 'v', 'px', 1) end", "0"});
  REQUIRE(c.reply(120000) == "$-1\r\n");
  CHECK(c.ask("debug set-active-expire 1") == "+OK\r\n");
  REQUIRE(eventually([&] { return std::stol(field(c, "stats", "expired_time_cap_reached_count")) > 0; }));
  CHECK(c.ask("debug pause-cron 1") == "+OK\r\n");
  CHECK(eventually([&] { return c.ask("dbsize") == ":0\r\n"; }, 60));
  CHECK(field(c, "stats", "expired_keys") == "60000");
}

TEST_CASE("the port is open while the data is loaded, and most commands are told LOADING") {
  const Folder folder;
  std::vector<std::string> arguments{"--save", "3600 1", "--enable-debug-command", "yes"};
  SECTION("a dump file") {}
  SECTION("an append-only file") {
    arguments.insert(arguments.end(), {"--appendonly", "yes", "--aof-use-rdb-preamble", "no"});
  }
  const ChildServer server(our_binary(), folder.path(), arguments);
  Connection control = server.connect(), other = server.connect(), queued = server.connect();
  for (int i = 0; i < 500; ++i) control.send_command({"set", "key:" + std::to_string(i), "v"});
  for (int i = 0; i < 500; ++i) REQUIRE(control.reply() == "+OK\r\n");
  // 500 keys of 4 ms each.
  CHECK(control.ask("config set key-load-delay 4000") == "+OK\r\n");
  control.send_command({"debug", arguments.size() > 4 ? "loadaof" : "reload"});
  const std::string loading = "-LOADING Redis is loading the dataset in memory\r\n";
  REQUIRE(eventually([&] { return other.ask("get key:1") == loading; }));
  CHECK(other.ask("ping") == loading);
  CHECK(other.ask("info persistence").find("loading:1\r\n") != std::string::npos);
  CHECK(other.ask("info persistence").find("loading_total_bytes:") != std::string::npos);
  CHECK(other.ask("echo here") == "$4\r\nhere\r\n");
  CHECK(other.ask("multi") == "+OK\r\n");
  CHECK(other.ask("get key:1") == loading);
  CHECK(other.ask("exec").starts_with("-EXECABORT"));
  CHECK(other.ask("config set key-load-delay 0") == "+OK\r\n");
  CHECK(control.reply(20000) == "+OK\r\n");
  CHECK(other.ask("dbsize") == ":500\r\n");
}

TEST_CASE("a node that starts answers LOADING before its data is there, and SHUTDOWN then spoils nothing") {
  const Folder folder;
  std::vector<std::string> arguments{"--save", "3600 1", "--key-load-delay", "0"};
  ChildServer server(our_binary(), folder.path(), arguments);
  Connection control = server.connect();
  for (int i = 0; i < 500; ++i) REQUIRE(control.ask("set key:" + std::to_string(i) + " v") == "+OK\r\n");
  control.send_command({"shutdown", "save"});
  server.wait();
  // start() would wait for PONG; this one is asked while it loads.
  server.launch({"--key-load-delay", "4000"});
  REQUIRE(eventually([&] { return Connection(server.port()).ok(); }));
  Connection early = server.connect();
  REQUIRE(eventually([&] { return early.ask("ping").starts_with("-LOADING"); }));
  early.send_command({"shutdown"});
  const int status = server.wait();
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  server.start();
  CHECK(server.connect().ask("dbsize") == ":500\r\n");
}

namespace {

/// One of three masters runs a script for much longer than the node timeout; what its replica and the others
/// do.
void busy_master(const std::string& binary) {
  constexpr int kMembers = 4;
  std::vector<std::unique_ptr<Folder>> folders;
  std::vector<std::unique_ptr<ChildServer>> servers;
  std::vector<Connection> c;
  std::vector<int> bus;
  for (int i = 0; i < kMembers; ++i) {
    folders.push_back(std::make_unique<Folder>());
    bus.push_back(free_port());
    servers.push_back(std::make_unique<ChildServer>(
        i == 0 ? binary : our_binary(), folders.back()->path(),
        std::vector<std::string>{"--cluster-enabled", "yes", "--cluster-port", std::to_string(bus.back()),
                                 "--cluster-node-timeout", "1000", "--save", "", "--busy-reply-threshold",
                                 "50", "--repl-diskless-sync-delay", "0"}));
    c.push_back(servers.back()->connect());
  }
  for (int i = 0; i < 3; ++i) {
    c[i].ask("cluster addslotsrange " + std::to_string(16384 * i / 3) + " " +
             std::to_string(16384 * (i + 1) / 3 - 1));
    c[i].ask("cluster set-config-epoch " + std::to_string(i + 1));
  }
  for (int i = 1; i < kMembers; ++i)
    c[i].ask("cluster meet 127.0.0.1 " + std::to_string(servers[0]->port()) + " " + std::to_string(bus[0]));
  const auto all = [&](const std::string& line, const std::string& part, std::size_t from = 0) {
    for (std::size_t i = from; i < c.size(); ++i)
      if (c[i].ask(line).find(part) == std::string::npos) return false;
    return true;
  };
  REQUIRE(eventually([&] {
    return all("cluster info", "cluster_known_nodes:4") && all("cluster info", "cluster_state:ok");
  }));
  const std::string busy = c[0].ask("cluster myid").substr(5, 40);
  REQUIRE(eventually([&] { return c[3].ask("cluster replicate " + busy) == "+OK\r\n"; }));
  REQUIRE(eventually(
      [&] { return c[3].ask("info replication").find("master_link_status:up") != std::string::npos; }));

  Connection runner = servers[0]->connect();
  runner.send_command({"eval", "while true do end", "0"});
  REQUIRE(eventually([&] { return c[0].ask("ping") == kBusy; }));
  // Six node timeouts later nobody has taken it for dead.
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(6);
  bool held = true;
  REQUIRE(eventually([&] {
    held = held && all("cluster info", "cluster_state:ok", 1) &&
           c[1].ask("cluster nodes").find("fail") == std::string::npos;
    return std::chrono::steady_clock::now() > until;
  }));
  CHECK(held);
  CHECK(c[3].ask("role").find("slave") != std::string::npos);
  CHECK(c[0].ask("script kill") == "+OK\r\n");
  CHECK(eventually([&] { return all("cluster info", "cluster_state:ok"); }));
  CHECK(c[0].ask("role").find("master") != std::string::npos);
}

}  // namespace

TEST_CASE("a master that is busy with a script answers on the bus: nobody fails it over") {
  busy_master(our_binary());
}

TEST_CASE("a master that is busy with a script answers on the bus: so does redis-server") {
  if (stock_binary().empty()) {
    WARN("SKIPPED: redis-server is not installed");
    return;
  }
  busy_master(stock_binary());
}

TEST_CASE("DEBUG PAUSE-CRON: what the node does by itself, it does not do until it may again") {
  const Folder folder;
  const ChildServer server(our_binary(), folder.path(), {"--save", "", "--enable-debug-command", "yes"});
  Connection c = server.connect();
  CHECK(c.ask("debug pause-cron 1") == "+OK\r\n");
  c.ask("set soon v px 50");
  const auto later = std::chrono::steady_clock::now() + std::chrono::milliseconds(800);
  REQUIRE(eventually([&] { return std::chrono::steady_clock::now() > later; }));
  CHECK(c.ask("dbsize") == ":1\r\n");  // its time has passed, and nobody swept
  CHECK(c.ask("debug pause-cron 0") == "+OK\r\n");
  CHECK(eventually([&] { return c.ask("dbsize") == ":0\r\n"; }, 60));
}

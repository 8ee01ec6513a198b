/// What a client may leave unread: the output buffer limits of each class, at once (hard) and after a while
/// (soft).
#include <catch2/catch.hpp>
#include <csignal>
#include <string>

#include "server/tests/testing/child_server.h"

using namespace node::testing;

namespace {

/// A server whose only limit is the one given, a large value in it, and somebody to look.
struct Limited {
  Folder folder;
  ChildServer server;
  Connection control;
  explicit Limited(const std::string& limit)
      : server(our_binary(), folder.path(),
               {"--save", "", "--client-output-buffer-limit", "normal 0 0 0 replica 0 0 0 pubsub 0 0 0",
                "--repl-diskless-sync-delay", "0", "--repl-backlog-size", "16384"}),
        control(server.connect()) {
    REQUIRE(control.ask("config set client-output-buffer-limit \"" + limit + "\"") == "+OK\r\n");
    // More than the sockets between us hold.
    control.ask("setrange large 30000000 x");
  }
  Connection named(const std::string& name) {
    Connection c = server.connect();
    c.ask("client setname " + name);
    return c;
  }
  bool listed(const std::string& name) {
    return control.ask("client list").find("name=" + name + " ") != std::string::npos;
  }
  /// Bytes that wait for the client in the server.
  std::size_t waiting(const std::string& name) {
    const std::string list = control.ask("client list");
    const std::size_t at = list.find("omem=", list.find("name=" + name + " "));
    return at == std::string::npos ? 0 : std::stoul(list.substr(at + 5));
  }
};

}  // namespace

TEST_CASE("a normal client that reads nothing is closed at its hard limit, not before") {
  Limited l("normal 50000000 0 0");
  Connection idle = l.named("idle"), greedy = l.named("greedy");
  greedy.send_command({"get", "large"});
  REQUIRE(eventually([&] { return l.waiting("greedy") > 10000000; }));
  CHECK(l.listed("greedy"));  // 30 MB are allowed
  greedy.send_command({"get", "large"});
  CHECK(eventually([&] { return !l.listed("greedy"); }));
  CHECK(l.listed("idle"));
  CHECK(idle.ask("strlen large") == ":30000001\r\n");
}

TEST_CASE("a normal client above its soft limit is closed after its seconds, who reads in time is not") {
  Limited l("normal 0 1000000 3");
  Connection reader = l.named("reader"), greedy = l.named("greedy");
  greedy.send_command({"get", "large"});
  reader.send_command({"get", "large"});
  REQUIRE(eventually([&] { return l.waiting("greedy") > 1000000; }));
  CHECK(reader.reply().size() > 30000000);
  CHECK(eventually([&] { return !l.listed("greedy"); }));
  CHECK(l.listed("reader"));
}

TEST_CASE("what exceeds the limit at once is not sent at all, and what follows in the pipeline is not done") {
  Limited l("normal 1000000 0 0");
  Connection greedy = l.server.connect();
  greedy.send("get large\r\nset done 1\r\n");
  CHECK(greedy.reply().empty());
  CHECK(greedy.closed());
  CHECK(l.control.ask("exists done") == ":0\r\n");
  // A transaction is done whole, and then nobody hears of it.
  Connection whole = l.server.connect();
  whole.send("multi\r\nget large\r\nset done 1\r\nexec\r\n");
  CHECK(eventually([&] { return l.control.ask("exists done") == ":1\r\n"; }));
  // Replies without an end take no more memory than the limit bears.
  l.control.ask("hset h f v");
  l.control.ask("sadd s m");
  l.control.ask("zadd z 1 m");
  for (const char* line :
       {"hrandfield h -999999999", "srandmember s -999999999", "zrandmember z -999999999"}) {
    Connection endless = l.server.connect();
    CHECK(endless.ask(line).empty());
    CHECK(endless.closed());
  }
}

TEST_CASE("subscribers have limits of their own, hard and soft") {
  const bool hard = GENERATE(true, false);
  Limited l(hard ? "pubsub 8000000 0 0" : "pubsub 0 8000000 1");
  Connection subscriber = l.named("subscriber"), greedy = l.named("greedy");
  subscriber.ask("subscribe news");
  greedy.send_command({"get", "large"});
  const std::string message(1000000, 'm');
  for (int i = 0; i < 30 && l.listed("subscriber"); ++i) {
    l.control.send_command({"publish", "news", message});
    l.control.reply();
  }
  CHECK(eventually([&] { return !l.listed("subscriber"); }));
  CHECK(l.listed("greedy"));  // a normal client: no limit here
  CHECK(l.control.ask("publish news x") == ":0\r\n");
}

TEST_CASE(
    "a replica that does not read is closed at its limit, by what it lags, a normal client's limit is not "
    "its") {
  const bool hard = GENERATE(true, false);
  Limited l(hard ? "normal 1000 0 0 replica 20000000 0 0" : "normal 1000 0 0 replica 0 20000000 1");
  const Folder folder;
  const ChildServer replica(our_binary(), folder.path(),
                            {"--save", "", "--replicaof", "127.0.0.1 " + std::to_string(l.server.port())});
  Connection r = replica.connect();
  REQUIRE(eventually(
      [&] { return r.ask("info replication").find("master_link_status:up") != std::string::npos; }));
  const auto replicas = [&] {
    return l.control.ask("info replication").find("connected_slaves:1") != std::string::npos;
  };
  replica.kill(SIGSTOP);
  const std::string value(1000000, 'v');
  const auto write = [&](int megabytes) {
    for (int i = 0; i < megabytes; ++i) {
      l.control.send_command({"set", "k", value});
      l.control.reply();
    }
  };
  write(10);
  CHECK(replicas());
  for (int i = 0; i < 60 && replicas(); ++i) write(1);
  CHECK(eventually([&] { return !replicas(); }));
  // It comes back, by a full synchronization.
  replica.kill(SIGCONT);
  CHECK(eventually([&] {
    return replicas() && r.ask("info replication").find("master_link_status:up") != std::string::npos &&
           r.ask("strlen k") == ":1000000\r\n";
  }));
}

TEST_CASE("the room that a large request took is given back while the client stays") {
  const Folder folder;
  const ChildServer server(our_binary(), folder.path(), {"--save", ""});
  Connection control = server.connect(), client = server.connect();
  const auto used = [&] { return std::stoul(field(control, "memory", "used_memory")); };
  const std::size_t before = used();
  client.send_command({"set", "k", std::string(8000000, 'x')});
  REQUIRE(client.reply() == "+OK\r\n");
  CHECK(control.ask("unlink k") == ":1\r\n");
  std::vector<std::string> words{"del"};
  words.resize(100000, "x");
  client.send_command(words);
  REQUIRE(client.reply() == ":0\r\n");
  CHECK(eventually([&] { return used() < before + 1000000; }));
  CHECK(client.ask("ping") == "+PONG\r\n");
}

// Commands of steps share a connection to a node, as those of a person at redis-cli do.
#include "harness/run/command_sessions.h"

#include <catch2/catch.hpp>
#include <thread>

#include "harness/cluster/test_support.h"
#include "harness/core/wait.h"

using namespace harness;
using namespace std::chrono_literals;

namespace {

constexpr Timeouts kPatience{1000ms, 10'000ms};

class Desk {
 public:
  Desk() : cluster_(1, 0) {}
  std::string ask(const Command& command, const std::string& session = {}) {
    const auto reply = sessions.call(node(), session, command, kPatience).reply;
    return reply ? reply->describe() : "no reply: " + reply.error().text;
  }
  Node& node() { return cluster_.cluster().node(0); }

  CommandSessions sessions;

 private:
  TestCluster cluster_;
};

}  // namespace

TEST_CASE("a node's commands share a connection, a named session has its own") {
  Desk desk;
  CHECK(desk.ask({"CLIENT", "SETNAME", "shared"}) == "OK");
  CHECK(desk.ask({"CLIENT", "GETNAME"}) == "shared");
  CHECK(desk.ask({"CLIENT", "GETNAME"}, "mine") == "(nil)");
  CHECK(desk.ask({"MULTI"}, "mine") == "OK");
  CHECK(desk.ask({"SET", "k", "v"}, "mine") == "QUEUED");
  CHECK(desk.ask({"GET", "k"}) == "(nil)");
  CHECK(desk.ask({"EXEC"}, "mine") == "(array of 1)");
  CHECK(desk.ask({"GET", "k"}) == "v");
}

TEST_CASE("a subscription stays open and does not get into the way of the next command") {
  Desk desk;
  CHECK(desk.ask({"SUBSCRIBE", "a", "b"}) == "(array of 3)");
  CHECK(desk.ask({"PUBLISH", "b", "hello"}) == "1");
  CHECK(desk.ask({"PING"}, "mine") == "PONG");
  CHECK(desk.ask({"SUBSCRIBE", "c"}, "listener") == "(array of 3)");
  CHECK(desk.ask({"PUBLISH", "c", "hello"}) == "1");
  CHECK(desk.ask({"UNSUBSCRIBE", "c"}, "listener") == "(array of 3)");  // and not the message
  CHECK(desk.ask({"PING"}, "listener") == "PONG");
}

TEST_CASE("a busy connection is not waited for, and a closed one is opened again") {
  Desk desk;
  CHECK(desk.ask({"CLIENT", "SETNAME", "shared"}) == "OK");
  std::string popped;
  std::thread blocked([&] { popped = desk.ask({"BLPOP", "list", "20"}); });
  wait_until("the blocked client", 10s, [&] {
    return desk.ask({"CLIENT", "LIST"}, "look").find("cmd=blpop") != std::string::npos;
  });
  CHECK(desk.ask({"LPUSH", "list", "x"}) == "1");
  blocked.join();
  CHECK(popped == "(array of 2)");
  CHECK(desk.ask({"CLIENT", "SETNAME", "shared"}) == "OK");
  desk.ask({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "no"});
  wait_until("a new connection", 10s, [&] { return desk.ask({"CLIENT", "GETNAME"}) == "(nil)"; });
}

TEST_CASE("a command has one reply, who has subscribed is told more") {
  Desk desk;
  const auto superfluous = [&](const Command& command, const std::string& session) {
    const Exchange exchange = desk.sessions.call(desk.node(), session, command, kPatience);
    CHECK(exchange.reply);
    return exchange.before.size() + exchange.after.size();
  };
  CHECK(superfluous({"SET", "k", "v"}, "") == 0);
  CHECK(superfluous({"MULTI"}, "tx") + superfluous({"GET", "k"}, "tx") + superfluous({"EXEC"}, "tx") == 0);
  CHECK(superfluous({"UNSUBSCRIBE", "a", "b"}, "listener") == 0);  // answered for each channel
  CHECK(superfluous({"SUBSCRIBE", "c"}, "listener") == 0);
  CHECK(superfluous({"PUBLISH", "c", "hello"}, "") == 0);
  CHECK(superfluous({"PING"}, "listener") == 0);  // and the message that came before it
}

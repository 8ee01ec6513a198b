// Sessions against a real cluster of three masters: transactions, WATCH, pipelines, pinned and READONLY
// connections; and how the replies of a transaction are classified.
#include "harness/client/session.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <catch2/catch.hpp>
#include <csignal>
#include <optional>

#include "harness/client/subscription.h"
#include "harness/client/transaction_by_hand.h"
#include "harness/cluster/test_support.h"
#include "harness/core/wait.h"

using namespace harness;
using namespace std::chrono_literals;

namespace {

class Driver {
 public:
  explicit Driver(int replicas = 0, std::chrono::milliseconds timeout = 10s) : test(3, replicas) {
    std::vector<ClientNode> nodes;
    for (const NodeInfo& node : test.cluster().infos())
      nodes.push_back(
          {node.name, {boost::asio::ip::make_address(node.ip), static_cast<std::uint16_t>(node.port)}});
    group = std::make_unique<ClientGroup>(nodes, timeout);
    client = std::make_unique<Client>(*group);
    group->start();
  }
  /// Runs the coroutine to its end, on this thread.
  template <typename Work>
  auto run(Work work) {
    std::optional<typename decltype(work())::value_type> answer;
    const auto body = [&]() -> Task<void> { answer = co_await work(); };
    boost::asio::co_spawn(group->context(), body, boost::asio::detached);
    while (!answer) group->context().run_one();
    return *std::move(answer);
  }
  Answer command(std::string key, std::vector<std::string> words) {
    return run([&]() -> Task<Answer> {
      const std::vector<std::string_view> arguments(words.begin(), words.end());
      co_return co_await client->command(key, arguments);
    });
  }
  std::string get(const std::string& key) {
    const Answer answer = command(key, {"GET", key});
    return answer.reply && answer.reply->str ? std::string(answer.reply->str, answer.reply->len) : "";
  }

  TestCluster test;
  std::unique_ptr<ClientGroup> group;
  std::unique_ptr<Client> client;
};

Refusal exec(std::string_view exec_error, std::vector<std::string_view> errors) {
  return classify_transaction(exec_error, errors);
}

}  // namespace

TEST_CASE("a transaction is all or nothing, on the node that serves the tag, wherever it was asked first") {
  Driver driver;
  const Answer set = driver.command("{t}a", {"SET", "{t}a", "0"});
  REQUIRE(set.outcome == Outcome::kOk);
  driver.group->learn(slot_of("{t}a"), (set.node + 1) % 3);  // the slot map is wrong: EXEC is redirected
  Session session(*driver.client, "{t}a");
  Commands body;
  body.add({"INCR", "{t}a"});
  body.add({"SET", "{t}b", "7"});
  const Answer done = driver.run([&] { return session.transaction(body); });
  REQUIRE(done.outcome == Outcome::kOk);
  CHECK(done.node == set.node);
  CHECK(driver.group->moved == 1);
  REQUIRE(done.reply->type == REDIS_REPLY_ARRAY);
  REQUIRE(done.reply->elements == 2);
  CHECK(done.reply->element[0]->integer == 1);  // once
  CHECK(done.earlier.size() == 3);              // OK, QUEUED, QUEUED
  CHECK(driver.get("{t}b") == "7");
}

TEST_CASE("a transaction that cannot be queued changes nothing, and the first error says why") {
  Driver driver;
  driver.command("{t}a", {"SET", "{t}a", "5"});
  Session session(*driver.client, "{t}a");
  Commands body;
  body.add({"INCR", "{t}a"});
  body.add({"INCR", "{other}a"});
  const Answer done = driver.run([&] { return session.transaction(body); });
  CHECK(done.outcome == Outcome::kFail);
  CHECK(done.reply == nullptr);
  CHECK(driver.get("{t}a") == "5");
}

TEST_CASE("a transaction by hand waits before EXEC, and is all or nothing as well") {
  Driver driver;
  driver.command("{t}a", {"SET", "{t}a", "5"});
  Commands body;
  body.add({"MULTI"});
  body.add({"INCR", "{t}a"});
  body.add({"INCR", "{t}b"});
  const Answer done = driver.run([&] { return transaction_by_hand(*driver.client, "{t}a", body, 5ms); });
  REQUIRE(done.outcome == Outcome::kOk);
  REQUIRE(done.reply->type == REDIS_REPLY_ARRAY);
  CHECK(done.reply->elements == 2);
  CHECK(driver.get("{t}b") == "1");
  body.add({"INCR", "{bar}a"});
  const Answer refused = driver.run([&] { return transaction_by_hand(*driver.client, "{t}a", body, 5ms); });
  CHECK(refused.outcome == Outcome::kFail);
  CHECK(refused.reason == "moved");
  CHECK(driver.get("{t}a") == "6");
}

TEST_CASE(
    "a client that tracks keys is told of a write and of FLUSHALL, and knows when nobody tracks for it any "
    "more") {
  Driver driver;
  const int node = driver.command("{t}a", {"SET", "{t}a", "0"}).node;
  const Subscription::Preparation asked{
      {{"CLIENT", "ID"}},
      {{"CLIENT", "TRACKING", "ON", "REDIRECT", std::string(Subscription::kOwnId)},
       {"MGET", "{t}a", "{t}b"}}};
  Subscription told(*driver.group, "__redis__:invalidate", Subscription::Way::kChannel, asked);
  REQUIRE(driver.run([&] { return told.open(node); }).outcome == Outcome::kOk);
  driver.command("{t}a", {"SET", "{t}a", "5"});
  const Subscription::Taken of_write = driver.run([&] { return told.take(); });
  CHECK(of_write.messages == std::vector<std::string>{"{t}a"});
  CHECK_FALSE(of_write.all);
  driver.command("{t}a", {"FLUSHALL"});
  const Subscription::Taken of_flush = driver.run([&] { return told.take(); });
  CHECK(of_flush.all);
  CHECK(of_flush.sound);
  CHECK(told.open());
  driver.command("{t}a", {"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
  CHECK(driver.run([&] { return told.take(); }).end == Subscription::End::kClosed);
  CHECK_FALSE(told.open());
}

TEST_CASE("EXEC fails when a watched key has changed, and WATCH does not outlive its session") {
  Driver driver;
  Client other(*driver.group);
  const std::string keys[] = {"{t}a", "{t}b"};
  const auto change = [&] {
    const Answer answer = driver.run([&]() -> Task<Answer> {
      const std::string_view words[] = {"INCR", "{t}b"};
      co_return co_await other.command("{t}b", words);
    });
    REQUIRE(answer.outcome == Outcome::kOk);
  };
  Commands body;
  body.add({"SET", "{t}a", "1"});
  {
    Session session(*driver.client, "{t}a");
    REQUIRE(driver.run([&] { return session.watch(keys); }).outcome == Outcome::kOk);
    change();
    const Answer refused = driver.run([&] { return session.transaction(body); });
    CHECK(refused.outcome == Outcome::kFail);
    CHECK(refused.reason == "watched-key-changed");
    CHECK(driver.get("{t}a").empty());
    CHECK(driver.run([&] { return session.transaction(body); }).outcome == Outcome::kOk);
  }
  {
    Session left(*driver.client, "{t}a");
    REQUIRE(driver.run([&] { return left.watch(keys); }).outcome == Outcome::kOk);
  }
  change();
  Session next(*driver.client, "{t}a");
  CHECK(driver.run([&] { return next.transaction(body); }).outcome == Outcome::kOk);
}

TEST_CASE("a session whose connection is gone ends, and is not taken up on another connection") {
  Driver driver(0, 1000ms);
  Session session(*driver.client, "{t}a");
  const std::string keys[] = {"{t}a"};
  const Answer watched = driver.run([&] { return session.watch(keys); });
  REQUIRE(watched.outcome == Outcome::kOk);
  driver.client->reset();
  Commands body;
  body.add({"SET", "{t}a", "1"});
  const Answer refused = driver.run([&] { return session.transaction(body); });
  CHECK(refused.outcome == Outcome::kFail);
  CHECK(refused.reason == "not-sent");
  CHECK(driver.get("{t}a").empty());
}

TEST_CASE("EXEC sent and not answered is info") {
  Driver driver(0, 500ms);
  const Answer set = driver.command("{t}a", {"SET", "{t}a", "0"});
  driver.test.cluster().node(set.node).signal(SIGSTOP);
  Session session(*driver.client, "{t}a");
  Commands body;
  body.add({"INCR", "{t}a"});
  const Answer done = driver.run([&] { return session.transaction(body); });
  driver.test.cluster().node(set.node).signal(SIGCONT);
  CHECK(done.outcome == Outcome::kInfo);
  CHECK(done.reason == "timeout");
  CHECK(done.node == set.node);
}

TEST_CASE("a pipeline is ok when any of it was executed, its replies tell the rest") {
  Driver driver;
  Session session(*driver.client, "{t}a");
  Commands commands;
  commands.add({"SET", "{t}a", "x"});
  commands.add({"INCR", "{t}a"});
  commands.add({"GET", "{t}a"});
  const Answer done = driver.run([&] { return session.pipeline(commands); });
  REQUIRE(done.outcome == Outcome::kOk);
  REQUIRE(done.earlier.size() == 2);
  CHECK(done.earlier[1]->type == REDIS_REPLY_ERROR);
  CHECK(std::string_view(done.reply->str, done.reply->len) == "x");
}

TEST_CASE("a pinned READONLY session reads at the replica, without READONLY it is refused") {
  Driver driver(1);
  const Answer set = driver.command("{t}a", {"SET", "{t}a", "4"});
  const auto infos = driver.test.cluster().infos();
  int replica = -1;
  for (std::size_t i = 0; i < infos.size(); ++i)
    if (!infos[i].master && infos[i].shard == infos[static_cast<std::size_t>(set.node)].shard)
      replica = static_cast<int>(i);
  REQUIRE(replica >= 0);
  const std::string_view get[] = {"GET", "{t}a"};
  Answer read;
  wait_until("the replica", 20s, [&] {
    Session session(*driver.client, replica, true);
    read = driver.run([&] { return session.command(get); });
    return read.outcome == Outcome::kOk && read.reply->type == REDIS_REPLY_STRING;
  });
  CHECK(read.node == replica);
  CHECK(std::string_view(read.reply->str, read.reply->len) == "4");
  Session plain(*driver.client, replica, false);
  const Answer refused = driver.run([&] { return plain.command(get); });
  CHECK(refused.outcome == Outcome::kFail);
  CHECK(refused.reason == "moved");
  CHECK(refused.node == replica);
}

TEST_CASE("what EXEC says decides, and where MULTI was refused each command must have been") {
  CHECK(exec("EXECABORT Transaction discarded", {"", "MOVED 5 10.0.0.2:6379", ""}).meaning.next ==
        NextStep::kMoved);
  CHECK(exec("EXECABORT Transaction discarded", {"", "", "CLUSTERDOWN x"}).meaning.reason == "clusterdown");
  CHECK(exec("EXECABORT Transaction discarded", {"", "ERR unknown command", ""}).meaning.outcome ==
        Outcome::kFail);
  CHECK(exec("MOVED 5 10.0.0.2:6379", {"", ""}).meaning.next == NextStep::kMoved);
  CHECK(exec("READONLY x", {"", ""}).meaning.outcome == Outcome::kFail);
  CHECK(exec("ERR something else", {"", ""}).meaning.outcome == Outcome::kInfo);
  CHECK(exec("ERR EXEC without MULTI", {"NOAUTH x", "NOAUTH x", "NOAUTH x"}).meaning.outcome ==
        Outcome::kFail);
  CHECK(exec("ERR EXEC without MULTI", {"NOPERM x", "", "NOPERM x"}).meaning.outcome == Outcome::kInfo);
}

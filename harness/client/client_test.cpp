// The load's client against a real cluster of three masters, and against sockets that misbehave.
#include "harness/client/client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <catch2/catch.hpp>
#include <csignal>
#include <optional>
#include <thread>

#include "harness/cluster/test_support.h"
#include "harness/core/wait.h"

using namespace harness;
using namespace std::chrono_literals;

namespace {

using Words = std::vector<std::string>;

/// One client in a group of its own, driven by the test's thread.
class Driver {
 public:
  Driver(std::vector<ClientNode> nodes, std::chrono::milliseconds operation_timeout)
      : group(std::move(nodes), operation_timeout), client(group) {}

  /// Sends what can be sent at once; finish() brings the answer.
  void begin(std::string key, Words words, int first = -1) {
    answer_.reset();
    boost::asio::co_spawn(group.context(), run(std::move(key), std::move(words), first),
                          boost::asio::detached);
    group.context().poll();
  }
  bool answered() const { return answer_.has_value(); }
  void step() { group.context().run_one(); }
  Answer finish() {
    while (!answer_) step();
    return std::move(*answer_);
  }
  Answer command(std::string key, Words words, int first = -1) {
    begin(std::move(key), std::move(words), first);
    return finish();
  }
  /// Waits until the slot map names an owner for each slot.
  void learn_all() {
    group.start();
    wait_until("the slot map", 20s, [&] {
      for (int slot = 0; slot < kSlotCount; ++slot)
        if (group.owner(slot) < 0) return group.context().run_one() == 0;
      return true;
    });
  }

  ClientGroup group;
  Client client;

 private:
  Task<void> run(std::string key, Words words, int first) {
    const std::vector<std::string_view> arguments(words.begin(), words.end());
    answer_ = co_await client.command(key, arguments, first);
  }
  std::optional<Answer> answer_;
};

std::vector<ClientNode> nodes_of(Cluster& cluster) {
  std::vector<ClientNode> nodes;
  for (const NodeInfo& node : cluster.infos())
    nodes.push_back(
        {node.name, {boost::asio::ip::make_address(node.ip), static_cast<std::uint16_t>(node.port)}});
  return nodes;
}

/// Three masters and a client that knows them.
struct Fixture {
  explicit Fixture(std::chrono::milliseconds operation_timeout = 10s)
      : driver(nodes_of(test.cluster()), operation_timeout) {
    driver.learn_all();
  }
  Node& node(int number) { return test.cluster().node(number); }
  const std::string& id(int number) { return test.cluster().infos()[static_cast<std::size_t>(number)].id; }

  /// By another connection than the client's.
  Reply ask(int number, const Words& words) {
    auto connection = node(number).connect();
    REQUIRE(connection);
    const auto reply = connection->call(words);
    REQUIRE(reply);
    return *reply;
  }
  void tell(int number, const Words& words) {
    const Reply reply = ask(number, words);
    INFO(reply.describe());
    REQUIRE_FALSE(reply.is_error());
  }
  void begin_migration(const std::string& slot, int from, int to) {
    tell(to, {"CLUSTER", "SETSLOT", slot, "IMPORTING", id(from)});
    tell(from, {"CLUSTER", "SETSLOT", slot, "MIGRATING", id(to)});
  }
  /// The importing node first: it takes a new config epoch, so that no gossip takes the slot back.
  void end_migration(const std::string& slot, int from, int to) {
    tell(to, {"CLUSTER", "SETSLOT", slot, "NODE", id(to)});
    tell(from, {"CLUSTER", "SETSLOT", slot, "NODE", id(to)});
    for (int other = 0; other < test.cluster().size(); ++other)
      if (other != from && other != to) tell(other, {"CLUSTER", "SETSLOT", slot, "NODE", id(to)});
  }

  TestCluster test{3, 0};
  Driver driver;
};

/// A key of the shard that the node was created with.
std::string key_of(const Fixture& fixture, int node) {
  for (int i = 0;; ++i) {
    std::string key = "k" + std::to_string(i);
    if (fixture.driver.group.owner(slot_of(key)) == node) return key;
  }
}

std::string text_of(const Answer& answer) {
  return answer.reply && answer.reply->str ? std::string(answer.reply->str, answer.reply->len) : "";
}

void check_answer(const Answer& answer, Outcome outcome, std::string_view reason, int node) {
  CHECK(answer.outcome == outcome);
  CHECK(answer.reason == reason);
  CHECK(answer.node == node);
  CHECK((answer.reply != nullptr) == (outcome == Outcome::kOk));
}

/// A port of 127.0.0.1 where nothing but what the test does happens.
class Listener {
 public:
  explicit Listener(int backlog = 16) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(fd_, backlog) == 0);
    socklen_t length = sizeof address;
    REQUIRE(::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &length) == 0);
    port_ = ntohs(address.sin_port);
  }
  ~Listener() { ::close(fd_); }
  Listener(const Listener&) = delete;
  int descriptor() const { return fd_; }
  ClientNode node() const { return {"n1", {boost::asio::ip::address_v4::loopback(), port_}}; }

 private:
  int fd_;
  std::uint16_t port_ = 0;
};

/// Answers whatever comes with the same bytes, on every connection.
class Parrot {
 public:
  explicit Parrot(std::string answer) : thread_([this, answer = std::move(answer)] { serve(answer); }) {}
  ~Parrot() {
    ::shutdown(listener_.descriptor(), SHUT_RDWR);  // ends accept()
    thread_.join();
    for (std::thread& connection : connections_) connection.join();
  }
  ClientNode node() const { return listener_.node(); }

 private:
  void serve(const std::string& answer) {
    for (int fd; (fd = ::accept4(listener_.descriptor(), nullptr, nullptr, SOCK_CLOEXEC)) >= 0;)
      connections_.emplace_back([fd, answer] {
        char buffer[1024];
        while (::recv(fd, buffer, sizeof buffer, 0) > 0)
          if (::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL) < 0) break;
        ::close(fd);
      });
  }
  Listener listener_;
  std::vector<std::thread> connections_;  // of thread_, until it ended
  std::thread thread_;
};

/// A host whose queue of connections is full: the kernel drops every further SYN.
class FullQueue {
 public:
  FullQueue() : listener_(0) {
    const auto node = listener_.node();
    const auto address = node.address;
    for (int i = 0; i < 8; ++i) {
      const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
      REQUIRE((::connect(fd, address.data(), static_cast<socklen_t>(address.size())) == 0 ||
               errno == EINPROGRESS));
      waiting_.push_back(fd);
    }
  }
  ~FullQueue() {
    for (const int fd : waiting_) ::close(fd);
  }
  ClientNode node() const { return listener_.node(); }

 private:
  Listener listener_;
  std::vector<int> waiting_;
};

}  // namespace

TEST_CASE("the slot map is learnt, and every key goes straight to its master") {
  Fixture fixture;
  Driver& driver = fixture.driver;
  const Roles roles = fixture.test.cluster().look();
  for (int slot = 0; slot < kSlotCount; ++slot)
    REQUIRE(roles.master_of_slot(slot) == driver.group.owner(slot));
  for (int node = 0; node < 3; ++node) {
    const std::string key = key_of(fixture, node);
    check_answer(driver.command(key, {"SET", key, "v" + std::to_string(node)}), Outcome::kOk, "", node);
    const Answer read = driver.command(key, {"GET", key});
    check_answer(read, Outcome::kOk, "", node);
    CHECK(text_of(read) == "v" + std::to_string(node));
  }
  CHECK(driver.group.moved == 0);
  CHECK(driver.group.asked == 0);
}

TEST_CASE("a node that does not know its own address is taken for the one that was asked") {
  TestCluster alone(1, 0);  // nobody has ever met it
  Driver driver(nodes_of(alone.cluster()), 10s);
  driver.learn_all();
  check_answer(driver.command("k", {"SET", "k", "v"}), Outcome::kOk, "", 0);
}

TEST_CASE("MOVED is followed, counted and learnt") {
  Fixture fixture;
  Driver& driver = fixture.driver;
  const std::string key = key_of(fixture, 0);
  const std::string slot = std::to_string(slot_of(key));
  fixture.begin_migration(slot, 0, 1);
  fixture.end_migration(slot, 0, 1);

  check_answer(driver.command(key, {"SET", key, "v"}), Outcome::kOk, "", 1);
  CHECK(driver.group.moved == 1);
  CHECK(driver.group.owner(slot_of(key)) == 1);
  check_answer(driver.command(key, {"GET", key}), Outcome::kOk, "", 1);
  CHECK(driver.group.moved == 1);
  CHECK(driver.group.asked == 0);
}

TEST_CASE("ASK is followed for one request, after ASKING, and changes no map") {
  Fixture fixture;
  Driver& driver = fixture.driver;
  const std::string tag = "{" + key_of(fixture, 0) + "}";
  const std::string slot = std::to_string(slot_of(tag));
  check_answer(driver.command(tag, {"SET", tag + "old", "here"}), Outcome::kOk, "", 0);
  fixture.begin_migration(slot, 0, 1);

  // Without ASKING the importing node would send it back, and it would never end well.
  check_answer(driver.command(tag, {"SET", tag + "new", "there"}), Outcome::kOk, "", 1);
  CHECK(driver.group.asked == 1);
  CHECK(driver.group.owner(slot_of(tag)) == 0);
  check_answer(driver.command(tag, {"GET", tag + "old"}), Outcome::kOk, "", 0);
  CHECK(driver.group.asked == 1);
  const Answer read = driver.command(tag, {"GET", tag + "new"});
  check_answer(read, Outcome::kOk, "", 1);
  CHECK(text_of(read) == "there");
  CHECK(driver.group.asked == 2);
  CHECK(driver.group.moved == 0);
}

namespace {

/// {tag}a at the old owner, {tag}b at the new one, and the slot between them.
std::string split_pair(Fixture& fixture) {
  const std::string tag = "{" + key_of(fixture, 0) + "}";
  REQUIRE(fixture.driver.command(tag, {"SET", tag + "a", "1"}).outcome == Outcome::kOk);
  fixture.begin_migration(std::to_string(slot_of(tag)), 0, 1);
  REQUIRE(fixture.driver.command(tag, {"SET", tag + "b", "2"}).node == 1);
  return tag;
}

std::int64_t refused_mgets(Fixture& fixture) {
  std::int64_t refused = 0;
  for (int number = 0; number < 2; ++number) {
    const std::string text = fixture.ask(number, {"INFO", "commandstats"}).text;
    const auto line = text.find("cmdstat_mget:");
    if (line == std::string::npos) continue;
    const auto count = text.find("rejected_calls=", line);
    if (count != std::string::npos) refused += std::stoll(text.substr(count + 15));
  }
  return refused;
}

}  // namespace

TEST_CASE("TRYAGAIN is tried again until the migration is over") {
  Fixture fixture(60s);
  Driver& driver = fixture.driver;
  const std::string tag = split_pair(fixture);
  driver.begin(tag, {"MGET", tag + "a", tag + "b"});
  wait_until("many a refusal", 30s, [&] {
    driver.step();
    return driver.answered() || refused_mgets(fixture) > 60;
  });
  REQUIRE_FALSE(driver.answered());
  fixture.tell(0, {"MIGRATE", "127.0.0.1", std::to_string(fixture.node(1).port()), tag + "a", "0", "5000"});
  fixture.end_migration(std::to_string(slot_of(tag)), 0, 1);
  const Answer answer = driver.finish();
  check_answer(answer, Outcome::kOk, "", 1);
  REQUIRE(answer.reply->elements == 2);
  CHECK(std::string(answer.reply->element[0]->str) == "1");
  CHECK(std::string(answer.reply->element[1]->str) == "2");
}

TEST_CASE("TRYAGAIN to the end is a fail: nothing was executed") {
  Fixture fixture(1500ms);
  const std::string tag = split_pair(fixture);
  const Answer answer = fixture.driver.command(tag, {"MGET", tag + "a", tag + "b"});
  CHECK((answer.node == 0 || answer.node == 1));  // versions differ in which of the two says so
  check_answer(answer, Outcome::kFail, "tryagain", answer.node);
}

TEST_CASE("CLUSTERDOWN is a fail of the node that said so") {
  Fixture fixture;
  const std::string key = key_of(fixture, 2);
  fixture.tell(2, {"CLUSTER", "DELSLOTS", std::to_string(slot_of(key))});
  check_answer(fixture.driver.command(key, {"SET", key, "v"}), Outcome::kFail, "clusterdown", 2);
}

TEST_CASE("an error that nothing is known of is info") {
  Fixture fixture;
  const std::string key = key_of(fixture, 1);
  check_answer(fixture.driver.command(
                   key, {"EVAL", "redis.call('SET', KEYS[1], 'v') return {err='OOPS half done'}", "1", key}),
               Outcome::kInfo, "error-reply", 1);
  CHECK(text_of(fixture.driver.command(key, {"GET", key})) == "v");  // it was applied, indeed
}

TEST_CASE("a refused connection is a fail") {
  Fixture fixture;
  const std::string key = key_of(fixture, 1);
  fixture.node(1).kill();
  check_answer(fixture.driver.command(key, {"SET", key, "v"}), Outcome::kFail, "refused", 1);
}

TEST_CASE("a stopped server is info, and its late answer is nobody else's") {
  Fixture fixture(3s);
  Driver& driver = fixture.driver;
  const std::string tag = "{" + key_of(fixture, 0) + "}";
  REQUIRE(driver.command(tag, {"SET", tag + "late", "late"}).outcome == Outcome::kOk);
  REQUIRE(driver.command(tag, {"SET", tag + "own", "own"}).outcome == Outcome::kOk);

  fixture.node(0).signal(SIGSTOP);
  check_answer(driver.command(tag, {"GET", tag + "late"}), Outcome::kInfo, "timeout", 0);
  fixture.node(0).signal(SIGCONT);
  fixture.node(0).wait_until_answering(20s);  // by now it has answered the old request, too
  const Answer next = driver.command(tag, {"GET", tag + "own"});
  check_answer(next, Outcome::kOk, "", 0);
  CHECK(text_of(next) == "own");
}

TEST_CASE("a connection that breaks after the request was sent is info") {
  Fixture fixture;
  Driver& driver = fixture.driver;
  const std::string key = key_of(fixture, 1);
  REQUIRE(driver.command(key, {"SET", key, "v"}).outcome == Outcome::kOk);  // connected
  fixture.node(1).signal(SIGSTOP);
  driver.begin(key, {"SET", key, "w"});
  REQUIRE_FALSE(driver.answered());
  fixture.node(1).kill();
  check_answer(driver.finish(), Outcome::kInfo, "closed", 1);
}

TEST_CASE("a connection that never comes about is a fail") {
  const FullQueue host;
  Driver driver({host.node()}, 300ms);
  driver.group.start();
  driver.group.learn(slot_of("k"), 0);
  check_answer(driver.command("k", {"SET", "k", "v"}), Outcome::kFail, "connect-timeout", 0);
}

TEST_CASE("an answer that is no RESP is info") {
  const Parrot parrot("HTTP/1.1 400 Bad Request\r\n\r\n");
  Driver driver({parrot.node()}, 10s);
  driver.group.start();
  driver.group.learn(slot_of("k"), 0);
  check_answer(driver.command("k", {"SET", "k", "v"}), Outcome::kInfo, "protocol", 0);
}

TEST_CASE("two answers to one request are info: the second would be taken for another's") {
  const Parrot parrot("$1\r\na\r\n$1\r\nb\r\n");
  Driver driver({parrot.node()}, 10s);
  driver.group.start();
  driver.group.learn(slot_of("k"), 0);
  check_answer(driver.command("k", {"GET", "k"}), Outcome::kInfo, "protocol", 0);
}

TEST_CASE("redirections that lead nowhere are fails, and come to an end") {
  const Parrot elsewhere("-MOVED " + std::to_string(slot_of("k")) + " 192.0.2.1:1\r\n");
  Driver lost({elsewhere.node()}, 10s);
  lost.group.start();
  lost.group.learn(slot_of("k"), 0);
  check_answer(lost.command("k", {"GET", "k"}), Outcome::kFail, "redirected-elsewhere", 0);

  const Parrot nobody("*0\r\n");  // a slot map without a slot
  Driver ownerless({nobody.node()}, 200ms);
  ownerless.group.start();
  check_answer(ownerless.command("k", {"GET", "k"}), Outcome::kFail, "no-owner-found", -1);
}

TEST_CASE("who asks another node first follows its redirection, and learns and counts nothing") {
  Fixture fixture;
  Driver& driver = fixture.driver;
  const std::string key = key_of(fixture, 0);
  for (int first = 0; first < 3; ++first)
    check_answer(driver.command(key, {"SET", key, "v"}, first), Outcome::kOk, "", 0);
  CHECK(driver.group.moved == 0);
  CHECK(driver.group.owner(slot_of(key)) == 0);
  // The map is not asked at all.
  driver.group.learn(slot_of(key), 1);
  check_answer(driver.command(key, {"GET", key}, 2), Outcome::kOk, "", 0);
  CHECK(driver.group.owner(slot_of(key)) == 1);
}

TEST_CASE("who asks another node first and is redirected twice names the node that led astray") {
  const std::string moved = "-MOVED " + std::to_string(slot_of("k")) + " ";
  const Parrot again(moved + "192.0.2.1:1\r\n");
  const std::string there = "127.0.0.1:" + std::to_string(again.node().address.port());
  const Parrot liar(moved + there + "\r\n");
  Driver driver({liar.node(), again.node()}, 10s);
  driver.group.start();
  check_answer(driver.command("k", {"GET", "k"}, 0), Outcome::kFail, "redirected-again", 0);
}

TEST_CASE("a node that redirects to itself for ever is given up") {
  Listener free;
  const std::string port = std::to_string(free.node().address.port());
  std::jthread mirror([&](std::stop_token stop) {
    const std::string answer = "-MOVED " + std::to_string(slot_of("k")) + " :" + port + "\r\n";
    std::vector<std::jthread> connections;
    const std::stop_callback end(stop, [&] { ::shutdown(free.descriptor(), SHUT_RDWR); });
    for (int fd; (fd = ::accept4(free.descriptor(), nullptr, nullptr, SOCK_CLOEXEC)) >= 0;)
      connections.emplace_back([fd, &answer] {
        char buffer[1024];
        while (::recv(fd, buffer, sizeof buffer, 0) > 0)
          if (::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL) < 0) break;
        ::close(fd);
      });
  });
  {
    Driver driver({free.node()}, 10s);
    driver.group.start();
    driver.group.learn(slot_of("k"), 0);
    check_answer(driver.command("k", {"GET", "k"}), Outcome::kFail, "redirected-in-circles", 0);
    CHECK(driver.group.moved == 16);
  }
}

TEST_CASE("a group may go while its housekeeping and a request are under way") {
  const FullQueue host;
  Driver driver({host.node()}, 60s);
  driver.group.start();
  driver.group.learn(slot_of("k"), 0);
  driver.begin("k", {"GET", "k"});
  CHECK_FALSE(driver.answered());  // and now it goes: for the sanitizers to judge
}

TEST_CASE("a node that serves at another port is known by its address, where that is its own") {
  const auto node = [](const char* ip, std::uint16_t port) {
    return ClientNode{ip, {boost::asio::ip::make_address(ip), port}};
  };
  ClientGroup apart({node("127.0.0.1", 7'000), node("127.0.0.2", 7'000)}, 1s);
  CHECK(apart.node_at("127.0.0.2", 7'000) == 1);
  CHECK(apart.node_at("127.0.0.2", 7'001) == 1);
  CHECK(apart.nodes()[1].address.port() == 7'001);
  CHECK(apart.node_at("127.0.0.3", 7'000) == -1);
  CHECK(apart.node_at("127.0.0.1", 0) == -1);
  CHECK(apart.nodes()[0].address.port() == 7'000);
  ClientGroup together({node("127.0.0.1", 7'000), node("127.0.0.1", 7'001)}, 1s);
  CHECK(together.node_at("127.0.0.1", 7'001) == 1);
  CHECK(together.node_at("127.0.0.1", 7'002) == -1);
}

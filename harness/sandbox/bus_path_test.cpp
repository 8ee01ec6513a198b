// The bus path between hosts, with plain sockets in the place of servers.
#include "harness/sandbox/bus_path.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <thread>

#include "harness/core/bus_test_messages.h"
#include "harness/core/wait.h"
#include "harness/sandbox/namespace_test_support.h"

using namespace std::chrono_literals;

namespace harness {
namespace {

constexpr std::uint16_t kPort = 16379;
constexpr auto kPatience = 20s;
using Clock = std::chrono::steady_clock;

sockaddr_in address(const std::string& ip) {
  sockaddr_in result{};
  result.sin_family = AF_INET;
  result.sin_port = htons(kPort);
  ::inet_pton(AF_INET, ip.c_str(), &result.sin_addr);
  return result;
}

FileDescriptor socket_on(const Host& host) {
  FileDescriptor result;
  std::thread([&] {
    host.enter();
    result = FileDescriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int yes = 1;
    ::setsockopt(result.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    ::setsockopt(result.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  }).join();
  return result;
}

bool readable(const FileDescriptor& socket, std::chrono::milliseconds patience) {
  pollfd event{socket.get(), POLLIN, 0};
  return ::poll(&event, 1, static_cast<int>(patience.count())) == 1;
}

/// A connection from one host to the bus port of another, both ends of it ours.
struct Line {
  FileDescriptor near, far;

  Line(const Host& from, const Host& to) : near(socket_on(from)) {
    const FileDescriptor listener = socket_on(to);
    const sockaddr_in target = address(to.ip());
    const auto* generic = reinterpret_cast<const sockaddr*>(&target);
    require_that(::bind(listener.get(), generic, sizeof target) == 0 && ::listen(listener.get(), 4) == 0,
                 "listen");
    require_that(::connect(near.get(), generic, sizeof target) == 0, "connect");
    require_that(readable(listener, kPatience), "somebody comes");
    sockaddr_in peer{};
    socklen_t size = sizeof peer;
    far = FileDescriptor(::accept4(listener.get(), reinterpret_cast<sockaddr*>(&peer), &size, SOCK_CLOEXEC));
    char text[INET_ADDRSTRLEN];
    ::inet_ntop(AF_INET, &peer.sin_addr, text, sizeof text);
    require_that(from.ip() == text, "the peer sees the host's own address, not " + std::string(text));
    const int yes = 1;
    ::setsockopt(far.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  }
};

void send(const FileDescriptor& socket, const std::string& bytes) {
  require_that(
      ::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size()),
      "send");
}

/// So many bytes; fewer when they do not come.
std::string receive(const FileDescriptor& socket, std::size_t size,
                    std::chrono::milliseconds patience = kPatience) {
  std::string bytes(size, '\0');
  std::size_t got = 0;
  while (got < size && readable(socket, patience)) {
    const ssize_t count = ::recv(socket.get(), bytes.data() + got, size - got, 0);
    if (count <= 0) break;
    got += static_cast<std::size_t>(count);
  }
  bytes.resize(got);
  return bytes;
}

bool ended(const FileDescriptor& socket) {
  char byte;
  return readable(socket, kPatience) && ::recv(socket.get(), &byte, 1, 0) <= 0;
}

std::string message(BusType type, std::uint64_t epoch) {
  TestMessage message;
  message.type = type;
  message.current_epoch = epoch;
  return message.bytes();
}

BusRule rule(BusFate act, BusType type, Nanos delay = 0, std::uint64_t count = 0) {
  BusRule rule;
  rule.act = act;
  rule.types.add(type);
  rule.links = {{"n1", "n2"}};
  rule.delay = delay;
  rule.count = count;
  return rule;
}

struct Scene {
  std::unique_ptr<Sandbox> sandbox;
  Host& one;
  Host& two;
  explicit Scene(SandboxMode mode)
      : sandbox(make_sandbox(mode)), one(sandbox->add_host("n1")), two(sandbox->add_host("n2")) {}
  BusPath open() { return BusPath({&one, &two}, kPort); }
};

std::size_t entries(const std::string& folder) {
  const auto all = std::filesystem::directory_iterator(folder);
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

}  // namespace

TEST_CASE("the bus path passes on what hosts say to each other, and counts it") {
  in_each_sandbox([](SandboxMode mode) {
    Scene scene(mode);
    BusPath path = scene.open();
    require_that(path.redirecting_hosts() == 2, "two hosts redirect");
    std::vector<BusSighting> seen;
    path.traffic().record(RunClock(), [&](const BusSighting& sighting) { seen.push_back(sighting); });
    Line line(scene.one, scene.two);
    wait_until("the connection goes through us", kPatience, [&] { return path.connections() == 1; });
    const std::string there =
        message(BusType::kPing, 1) + light_publish("c", "m") + message(BusType::kAuthAck, 2);
    send(line.near, there);
    require_that(receive(line.far, there.size()) == there, "there");
    const std::string back = message(BusType::kPong, 1);
    send(line.far, back);
    require_that(receive(line.near, back.size()) == back, "and back");
    const BusCounts counts = path.traffic().counts();
    const auto sent = [&](const BusLink& link, BusType type) {
      return counts.at(link).sent[static_cast<std::size_t>(type)];
    };
    require_that(sent({"n1", "n2"}, BusType::kPing) == 1 && sent({"n1", "n2"}, BusType::kPublish) == 1 &&
                     sent({"n1", "n2"}, BusType::kAuthAck) == 1 && sent({"n2", "n1"}, BusType::kPong) == 1,
                 "each message by its type");
    require_that(counts.at({"n1", "n2"}).unread_bytes == 0, "nothing else");
    require_that(seen.size() == 3 && seen[1].message.type == BusType::kAuthAck, "what matters is told");
    // What is none of the bus's passes too.
    const std::string strange = "*1\r\n$4\r\nPING\r\n";
    send(line.near, strange);
    require_that(receive(line.far, strange.size()) == strange, "as it is");
    require_that(path.traffic().counts().at({"n1", "n2"}).unread_bytes == strange.size(), "and is counted");
    line.near.close();
    require_that(ended(line.far), "the end is passed on");
    line.far.close();
    wait_until("the connection is gone", kPatience, [&] { return path.connections() == 0; });
  });
}

TEST_CASE("what is held back for evidence is told as passed, at the time when it is handed on") {
  BusTraffic traffic;
  std::vector<BusSighting> seen;
  const RunClock clock;
  traffic.record(clock, [&](const BusSighting& sighting) { seen.push_back(sighting); });
  BusRule held = rule(BusFate::kDelayed, BusType::kAuthAck, 60 * kSecond);
  held.evidence = true;
  traffic.add(held);
  const BusVerdict verdict = traffic.admit({"n1", "n2"}, message(BusType::kAuthAck, 7));
  CHECK(verdict.delay == 60 * kSecond);
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].fate == BusFate::kPassed);
  CHECK(seen[0].time >= 60 * kSecond);
  CHECK(traffic.rules() == 0);  // none that harms
  traffic.admit({"n1", "n2"}, message(BusType::kAuthRequest, 7));
  REQUIRE(seen.size() == 2);
  CHECK(seen[1].time < 60 * kSecond);
}

TEST_CASE("rules of the bus path drop, delay, double and disorder single messages") {
  in_each_sandbox([](SandboxMode mode) {
    Scene scene(mode);
    BusPath path = scene.open();
    Line line(scene.one, scene.two);
    const std::string ping = message(BusType::kPing, 1), ack = message(BusType::kAuthAck, 2);
    const auto passes = [&](const std::string& sent, const std::string& expected, const std::string& what) {
      send(line.near, sent);
      require_that(receive(line.far, expected.size()) == expected, what);
      require_that(!readable(line.far, 20ms), what + ": no more");
    };
    {
      const auto drop = path.apply(rule(BusFate::kDropped, BusType::kAuthAck, 0, 2));
      passes(ack + ping + ack + ack, ping + ack, "two are dropped");
      const BusRuleCounts counts = drop->counts();
      require_that(counts.seen == 4 && counts.matched == 3 && counts.acted == 2, "counted");
      const auto twice = path.apply(rule(BusFate::kDuplicated, BusType::kPing));
      passes(ping, ping + ping, "rules stand beside each other");
    }
    require_that(path.traffic().rules() == 0, "none is left");
    passes(ack, ack, "healed");
    {
      const auto order = path.apply(rule(BusFate::kReordered, BusType::kAuthAck, 100 * kMillisecond));
      passes(ack + ping, ping + ack, "overtaken");
      passes(ack, ack, "or late, when nothing overtakes it");
    }
    {
      const auto delay = path.apply(rule(BusFate::kDelayed, BusType::kAuthAck, 60 * kMillisecond));
      const auto begin = Clock::now();
      passes(ack + ping, ping + ack, "late");
      require_that(Clock::now() - begin >= 60ms, "by so much");
    }
    auto delay = path.apply(rule(BusFate::kDelayed, BusType::kAuthAck, 600 * kSecond));
    send(line.near, ack);
    wait_until("it waits", kPatience, [&] { return delay->counts().acted == 1; });
    delay->remove();
    require_that(receive(line.far, ack.size()) == ack, "what waited goes out when the rule ends");
    send(line.far, ack);
    require_that(receive(line.near, ack.size()) == ack, "the other direction was never touched");
  });
}

TEST_CASE("a message that waits is delivered although its sender has closed the link") {
  in_each_sandbox([](SandboxMode mode) {
    Scene scene(mode);
    BusPath path = scene.open();
    Line line(scene.one, scene.two);
    const std::string ack = message(BusType::kAuthAck, 2);
    const auto delay = path.apply(rule(BusFate::kDelayed, BusType::kAuthAck, 50 * kMillisecond));
    send(line.near, ack);
    line.near.close();
    require_that(receive(line.far, ack.size()) == ack, "it arrives");
    require_that(ended(line.far), "then the end");
  });
}

TEST_CASE("nobody has a message sooner than its record says, be the path's own thread as slow as it likes") {
  in_each_sandbox([](SandboxMode mode) {
    Scene scene(mode);
    BusPath path = scene.open();
    const RunClock clock;
    std::vector<BusSighting> seen;
    path.traffic().record(clock, [&](const BusSighting& sighting) { seen.push_back(sighting); });
    // It read the message, and stands still for longer than the rule holds that back.
    path.traffic().tap([&](const BusLink&, std::string_view) {
      const Nanos began = clock.now();
      wait_until("some time is over", kPatience, [&] { return clock.now() > began + 150 * kMillisecond; });
    });
    BusRule held = rule(BusFate::kDelayed, BusType::kAuthAck, 100 * kMillisecond);
    held.evidence = true;
    const auto delay = path.apply(held);
    Line line(scene.one, scene.two);
    const std::string ack = message(BusType::kAuthAck, 2);
    send(line.near, ack);
    require_that(receive(line.far, ack.size()) == ack, "it arrives");
    const Nanos arrived = clock.now();
    require_that(seen.size() == 1 && seen[0].time <= arrived, "and not before it is told of");
  });
}

TEST_CASE("nobody at the other end is told as soon as it is known") {
  in_each_sandbox([](SandboxMode mode) {
    Scene scene(mode);
    BusPath path = scene.open();
    const FileDescriptor socket = socket_on(scene.one);
    const sockaddr_in target = address(scene.two.ip());
    require_that(::connect(socket.get(), reinterpret_cast<const sockaddr*>(&target), sizeof target) == 0,
                 "we answer in its place");
    require_that(ended(socket), "and reset the connection");
  });
}

TEST_CASE("links from before come through the path once it opens, and go without it afterwards") {
  in_each_sandbox([](SandboxMode mode) {
    Scene scene(mode);
    Line before(scene.one, scene.two);
    {
      BusPath path = scene.open();
      require_that(path.closed_links() >= 1, "it was closed, and that is told");
      require_that(ended(before.near) && ended(before.far), "at both ends");
      Line through(scene.one, scene.two);
      wait_until("the new one goes through us", kPatience, [&] { return path.connections() == 1; });
      scene.one.drop({{scene.two.ip()}, {scene.two.ip()}})->remove();  // drops and path live side by side
      send(through.near, message(BusType::kPing, 1));
      require_that(receive(through.far, 2256).size() == 2256, "it works");
      const auto cut = scene.one.drop({{scene.two.ip()}, {scene.two.ip()}, kPort});
      send(through.near, message(BusType::kPing, 2));
      require_that(receive(through.far, 1, 100ms).empty(), "a cut of the bus holds for what goes through us");
    }
    Line after(scene.one, scene.two);
    send(after.near, "x");
    require_that(receive(after.far, 1) == "x", "straight again");
  });
}

TEST_CASE("hundreds of rules and paths leave no rule, socket or thread behind") {
  in_each_sandbox([](SandboxMode mode) {
    Scene scene(mode);
    {
      const BusPath first = scene.open();  // whatever is made once
    }
    const std::size_t descriptors = entries("/proc/self/fd"), threads = entries("/proc/self/task");
    for (int round = 0; round < 50; ++round) {
      BusPath path = scene.open();
      Line line(scene.one, scene.two);
      for (int i = 0; i < 5; ++i) {
        const auto one = path.apply(rule(BusFate::kDropped, BusType::kAuthAck));
        const auto other = path.apply(rule(BusFate::kDelayed, BusType::kPing, 300 * kSecond));
        send(line.near, message(BusType::kPing, 1));
        wait_until("it waits", kPatience, [&] { return other->counts().acted == 1; });
      }
      require_that(receive(line.far, 5 * 2256).size() == std::size_t{5} * 2256, "all of them came");
    }
    require_that(entries("/proc/self/fd") == descriptors, "no descriptor is left");
    require_that(entries("/proc/self/task") == threads, "no thread is left");
    BusPath path = scene.open();
    require_that(path.redirecting_hosts() == 2 && path.traffic().rules() == 0, "it can begin anew");
  });
}

TEST_CASE("a hundred nodes have a bus path where twenty thousand open files are allowed") {
  CHECK(bus_carriers_needed(6, 1024) == 1);
  CHECK(bus_carriers_needed(100, 1'000'000) == 1);
  CHECK(bus_carriers_needed(100, 20'000) == 2);
  CHECK(bus_carriers_needed(300, 20'000) == 10);
  CHECK(bus_carriers_needed(20, 1024) == 2);
  CHECK(bus_carriers_needed(400, 1024) == 0);
}

TEST_CASE("threads with descriptors of their own carry the bus as one does") {
  in_each_sandbox([](SandboxMode mode) {
    const auto sandbox = make_sandbox(mode);
    std::vector<Host*> hosts;
    for (int i = 1; i <= 12; ++i) hosts.push_back(&sandbox->add_host("n" + std::to_string(i)));
    // Between what all connections need in one table, and what half of them do.
    rlimit before{};
    ::getrlimit(RLIMIT_NOFILE, &before);
    rlimit few = before;
    few.rlim_cur = few.rlim_max = 500;
    require_that(::setrlimit(RLIMIT_NOFILE, &few) == 0, "lower the limit");
    require_that(bus_carriers_needed(hosts.size(), few.rlim_max) == 2, "two threads");
    const std::size_t descriptors = entries("/proc/self/fd");
    {
      BusPath path(hosts, kPort);
      require_that(path.thread_ids().size() == 2, "two carry");
      // Of either thread's hosts to one of its own, and to one of the other's.
      std::vector<Line> lines;
      for (const auto& [from, to] : {std::pair{0, 2}, {0, 1}, {1, 3}, {1, 0}})
        lines.emplace_back(*hosts[static_cast<std::size_t>(from)], *hosts[static_cast<std::size_t>(to)]);
      wait_until("all go through us", kPatience, [&] { return path.connections() == 4; });
      const std::string ping = message(BusType::kPing, 7);
      for (const Line& line : lines) send(line.near, ping);
      for (const Line& line : lines) require_that(receive(line.far, ping.size()) == ping, "it arrives");
      for (const Line& line : lines) send(line.far, ping);
      for (const Line& line : lines) require_that(receive(line.near, ping.size()) == ping, "and back");
      lines.front().near.close();
      require_that(ended(lines.front().far), "an end is passed on");
    }
    require_that(entries("/proc/self/fd") == descriptors, "no descriptor is left");
  });
}

TEST_CASE("hosts without a network of their own have no bus path") {
  const auto sandbox = make_sandbox(SandboxMode::kLoopback);
  Host& host = sandbox->add_host("n1");
  CHECK_THROWS_WITH(BusPath({&host}, kPort), Catch::Contains("network of their own"));
}

}  // namespace harness

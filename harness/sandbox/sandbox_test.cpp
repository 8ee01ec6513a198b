#include "harness/sandbox/sandbox.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "harness/core/check.h"
#include "harness/core/wait.h"
#include "harness/sandbox/child.h"
#include "harness/sandbox/file_descriptor.h"
#include "harness/sandbox/namespace_test_support.h"

using namespace std::chrono_literals;

namespace harness {
namespace {

constexpr auto kPatience = 20s;
constexpr auto kQuiet = 300ms;  // long enough for a packet that does get through, on a busy machine too
constexpr std::uint16_t kPort = 7000;

sockaddr_in address(const std::string& ip, std::uint16_t port) {
  sockaddr_in result{};
  result.sin_family = AF_INET;
  result.sin_port = htons(port);
  ::inet_pton(AF_INET, ip.c_str(), &result.sin_addr);
  return result;
}

// A socket of that host's network.
FileDescriptor socket_on(const Host& host, int type) {
  FileDescriptor result;
  std::thread([&] {
    host.enter();
    result = FileDescriptor(::socket(AF_INET, type | SOCK_CLOEXEC, 0));
  }).join();
  return result;
}

FileDescriptor listen_on(const Host& host) {
  FileDescriptor socket = socket_on(host, SOCK_STREAM);
  const auto self = address(host.ip(), kPort);
  require_that(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&self), sizeof self) == 0, "bind");
  require_that(::listen(socket.get(), 16) == 0, "listen");
  return socket;
}

bool readable(const FileDescriptor& socket, std::chrono::milliseconds timeout) {
  pollfd event{socket.get(), POLLIN, 0};
  return ::poll(&event, 1, static_cast<int>(timeout.count())) == 1;
}

// An established connection between two hosts.
struct Connection {
  FileDescriptor client, server;

  Connection(const Host& from, const Host& to, const FileDescriptor& listener)
      : client(socket_on(from, SOCK_STREAM)) {
    const auto target = address(to.ip(), kPort);
    require_that(::connect(client.get(), reinterpret_cast<const sockaddr*>(&target), sizeof target) == 0,
                 "connect " + from.name() + " to " + to.name());
    server = FileDescriptor(::accept(listener.get(), nullptr, nullptr));
  }

  static void send_byte(const FileDescriptor& from) {
    require_that(::send(from.get(), "x", 1, MSG_NOSIGNAL) == 1, "send");
  }
  static bool arrives(const FileDescriptor& from, const FileDescriptor& to,
                      std::chrono::milliseconds timeout) {
    send_byte(from);
    char byte;
    return readable(to, timeout) && ::recv(to.get(), &byte, 1, 0) == 1;
  }
};

// A datagram from one host to the other: no connection, so each direction shows by itself.
struct Datagram {
  FileDescriptor receiver;

  Datagram(const Host& from, const Host& to) : receiver(socket_on(to, SOCK_DGRAM)) {
    const FileDescriptor sender = socket_on(from, SOCK_DGRAM);
    const auto target = address(to.ip(), kPort);
    require_that(::bind(receiver.get(), reinterpret_cast<const sockaddr*>(&target), sizeof target) == 0,
                 "bind");
    // A dropped packet may be told to the sender at once (EPERM): the counters are what tests look at.
    [[maybe_unused]] const auto sent =
        ::sendto(sender.get(), "x", 1, 0, reinterpret_cast<const sockaddr*>(&target), sizeof target);
  }
  bool arrives() const { return readable(receiver, kPatience); }
};

bool datagram_arrives(const Host& from, const Host& to) {
  return Datagram(from, to).arrives();
}

bool datagram_is_dropped(const Drop& drop, const Host& from, const Host& to) {
  const auto before = drop.packets();
  const Datagram datagram(from, to);
  return wait_for(kPatience, [&] { return drop.packets() > before; }) && !readable(datagram.receiver, 0ms);
}

TEST_CASE("a sandbox has hosts of its own, ready to use") {
  in_each_sandbox([](SandboxMode mode) {
    const auto sandbox = make_sandbox(mode);
    require_that(sandbox->mode() == mode, "mode");
    require_that(sandbox->has_network_faults(), "network faults");
    require_that(sandbox->node_port() == 6379 && sandbox->node_port() == 6379, "port");
    Host& n1 = sandbox->add_host("n1");
    Host& n2 = sandbox->add_host("n2");
    require_that(n1.name() == "n1" && n1.ip() == "10.77.0.1" && n2.ip() == "10.77.0.2", "addresses");
    const FileDescriptor listener = listen_on(n2);
    const Connection connection(n1, n2, listener);
    require_that(Connection::arrives(connection.client, connection.server, kPatience), "there");
    require_that(Connection::arrives(connection.server, connection.client, kPatience), "back");
  });
}

TEST_CASE("the body itself reaches every host") {
  in_each_sandbox([](SandboxMode mode) {
    const auto sandbox = make_sandbox(mode);
    Host& n1 = sandbox->add_host("n1");
    const FileDescriptor listener = listen_on(n1);
    const FileDescriptor client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const auto target = address(n1.ip(), kPort);
    require_that(::connect(client.get(), reinterpret_cast<const sockaddr*>(&target), sizeof target) == 0,
                 "connect");
    const FileDescriptor server(::accept(listener.get(), nullptr, nullptr));
    for (int i = 2; i < 20; ++i) sandbox->add_host("n" + std::to_string(i));
    require_that(Connection::arrives(server, client, 500ms), "hosts come without a pause for the others");
    sockaddr_in self{};
    socklen_t length = sizeof self;
    ::getsockname(client.get(), reinterpret_cast<sockaddr*>(&self), &length);
    require_that(::inet_ntoa(self.sin_addr) == sandbox->controller_ip(), "controller_ip");
  });
}

TEST_CASE("a drop stops an established connection, and its end heals it") {
  in_each_sandbox([](SandboxMode mode) {
    const auto sandbox = make_sandbox(mode);
    Host& n1 = sandbox->add_host("n1");
    Host& n2 = sandbox->add_host("n2");
    Host& n3 = sandbox->add_host("n3");
    const FileDescriptor listener = listen_on(n2);
    const Connection cut(n1, n2, listener), whole(n3, n2, listener);
    require_that(Connection::arrives(cut.client, cut.server, kPatience), "before");

    const auto drop = n1.drop({{n2.ip()}, {n2.ip()}});
    require_that(!Connection::arrives(cut.client, cut.server, kQuiet), "n1 to n2 while dropped");
    require_that(!Connection::arrives(cut.server, cut.client, kQuiet), "n2 to n1 while dropped");
    require_that(drop->packets() > 0, "the counter proves the drop");
    require_that(n1.drops() == 1 && n2.drops() == 0, "no other host drops");
    require_that(Connection::arrives(whole.client, whole.server, kPatience), "n3 is not concerned");

    drop->remove();
    char byte;
    require_that(::recv(cut.server.get(), &byte, 1, 0) == 1, "what was held back arrives");
    require_that(::recv(cut.client.get(), &byte, 1, 0) == 1, "in the other direction too");
    require_that(n1.drops() == 0 && drop->packets() == 0, "no rule is left to count");
    drop->remove();  // harmless without rules
  });
}

TEST_CASE("a drop in one direction leaves the other") {
  in_each_sandbox([](SandboxMode mode) {
    const auto sandbox = make_sandbox(mode);
    Host& n1 = sandbox->add_host("n1");
    Host& n2 = sandbox->add_host("n2");
    auto drop = n1.drop({{n2.ip()}, {}});
    require_that(datagram_arrives(n1, n2), "n1 still speaks to n2");
    require_that(datagram_is_dropped(*drop, n2, n1), "n1 is deaf to n2");
    drop.reset();
    drop = n1.drop({{}, {n2.ip()}});
    require_that(datagram_is_dropped(*drop, n1, n2), "n1 is mute to n2");
    require_that(datagram_arrives(n2, n1), "n1 still hears n2");
  });
}

TEST_CASE("drops overlap, count apart, and end in any order") {
  in_each_sandbox([](SandboxMode mode) {
    const auto sandbox = make_sandbox(mode);
    Host& n1 = sandbox->add_host("n1");
    Host& n2 = sandbox->add_host("n2");
    Host& n3 = sandbox->add_host("n3");
    const auto one = n1.drop({{n2.ip()}, {n2.ip()}});
    const auto both = n1.drop({{n2.ip(), n3.ip()}, {n2.ip(), n3.ip()}});
    require_that(n1.drops() == 2, "two rule sets");
    require_that(datagram_is_dropped(*one, n2, n1), "the first counts");
    require_that(datagram_is_dropped(*both, n2, n1), "the second counts what the first drops too");
    require_that(one->packets() == 2, "counted apart");
    require_that(datagram_is_dropped(*both, n1, n3), "n3 is the second's alone");
    require_that(one->packets() == 2, "and not the first's");

    one->remove();  // the older one first
    require_that(n1.drops() == 1 && datagram_is_dropped(*both, n2, n1), "n2 stays cut by the second");
    const auto later = n1.drop({{n3.ip()}, {}});
    both->remove();
    require_that(datagram_arrives(n2, n1) && datagram_arrives(n1, n2), "n2 is whole");
    require_that(datagram_is_dropped(*later, n3, n1), "n3 is still unheard");
    require_that(datagram_arrives(n1, n3), "n1 speaks to n3 again");
    later->remove();
    require_that(datagram_arrives(n3, n1) && n1.drops() == 0, "nothing is left");
  });
}

TEST_CASE("a drop of one port leaves the others") {
  in_each_sandbox([](SandboxMode mode) {
    const auto sandbox = make_sandbox(mode);
    Host& n1 = sandbox->add_host("n1");
    Host& n2 = sandbox->add_host("n2");
    const FileDescriptor listener = listen_on(n2);
    const Connection connection(n1, n2, listener);
    const auto other = n1.drop({.from = {n2.ip()}, .to = {n2.ip()}, .port = kPort + 1});
    require_that(Connection::arrives(connection.client, connection.server, kPatience), "another port's drop");
    const auto resets = n1.drop({.from = {n2.ip()}, .to = {n2.ip()}, .port = kPort, .resets_only = true});
    require_that(Connection::arrives(connection.server, connection.client, kPatience), "resets alone");
    const auto drop = n1.drop({.from = {n2.ip()}, .to = {n2.ip()}, .port = kPort});
    require_that(!Connection::arrives(connection.client, connection.server, kQuiet), "to the port");
    require_that(!Connection::arrives(connection.server, connection.client, kQuiet), "from the port");
    require_that(datagram_arrives(n1, n2), "other protocols pass");
    require_that(drop->packets() > 0 && other->packets() == 0 && resets->packets() == 0, "counts");
  });
}

TEST_CASE("a reset ends the connections that it names, at both ends") {
  in_each_sandbox([](SandboxMode mode) {
    const auto sandbox = make_sandbox(mode);
    Host& n1 = sandbox->add_host("n1");
    Host& n2 = sandbox->add_host("n2");
    Host& n3 = sandbox->add_host("n3");
    const FileDescriptor listener = listen_on(n2);
    const Connection one(n1, n2, listener), other(n3, n2, listener);
    require_that(n2.reset_connections({{n1.ip()}, kPort + 1}) == 0, "another port");
    require_that(n2.reset_connections({{n1.ip()}, kPort}) == 1, "one connection");
    char byte;
    require_that(
        readable(one.client, kPatience) && ::recv(one.client.get(), &byte, 1, 0) == -1 && errno == ECONNRESET,
        "the peer is told");
    require_that(::recv(one.server.get(), &byte, 1, MSG_DONTWAIT) <= 0, "this end is gone");
    require_that(Connection::arrives(other.client, other.server, kPatience), "n3's goes on");
    require_that(n2.reset_connections({{n1.ip()}}) == 0, "none is left");
  });
}

TEST_CASE("sixty hosts reach one another, each with two neighbours' entries") {
  in_each_sandbox([](SandboxMode mode) {
    const auto sandbox = make_sandbox(mode);
    std::vector<Host*> hosts;
    std::vector<FileDescriptor> sockets;
    for (int i = 1; i <= 60; ++i) {
      hosts.push_back(&sandbox->add_host("n" + std::to_string(i)));
      sockets.push_back(socket_on(*hosts.back(), SOCK_DGRAM));
      const auto self = address(hosts.back()->ip(), kPort);
      require_that(::bind(sockets.back().get(), reinterpret_cast<const sockaddr*>(&self), sizeof self) == 0,
                   "bind");
    }
    for (const FileDescriptor& from : sockets)
      for (const Host* to : hosts) {
        const auto target = address(to->ip(), kPort);
        require_that(
            ::sendto(from.get(), "x", 1, 0, reinterpret_cast<const sockaddr*>(&target), sizeof target) == 1,
            "a datagram to " + to->name());
      }
    for (std::size_t i = 0; i < sockets.size(); ++i)
      for (std::size_t count = 0; count < hosts.size(); ++count) {
        char byte;
        require_that(readable(sockets[i], kPatience) && ::recv(sockets[i].get(), &byte, 1, 0) == 1,
                     hosts[i]->name() + " hears everybody");
      }
    std::ifstream entries("/proc/net/arp");
    const auto lines = std::count(std::istreambuf_iterator<char>(entries), {}, '\n');
    require_that(lines == 61, "one entry a host at the router, and a heading: " + std::to_string(lines));
  });
}

TEST_CASE("a child lives on its host, and its files belong to the caller") {
  in_each_sandbox([](SandboxMode mode) {
    const uid_t caller = ::getuid();
    const auto sandbox = make_sandbox(mode);
    Host& n1 = sandbox->add_host("n1");
    const ScratchFolder folder;
    ChildOptions options;
    options.argv = {"redis-server", "--port", "6379", "--dir", folder.path.string(), "--save", "1 1"};
    options.host = &n1;
    options.output = folder.path / "log";
    Child server(options);
    const auto target = address(n1.ip(), 6379);
    wait_until("redis-server to answer", kPatience, [&] {
      const FileDescriptor client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
      return ::connect(client.get(), reinterpret_cast<const sockaddr*>(&target), sizeof target) == 0;
    });
    require_that(server.stop(kPatience).exit_code == 0, "redis-server stops");
    struct stat status {};
    require_that(::stat((folder.path / "dump.rdb").c_str(), &status) == 0, "dump.rdb");
    require_that(status.st_uid == caller, "dump.rdb is the caller's");
  });
}

TEST_CASE("loopback mode has process faults only, and ports that do not clash") {
  const auto one = make_sandbox(SandboxMode::kLoopback), other = make_sandbox(SandboxMode::kLoopback);
  CHECK_FALSE(one->has_network_faults());
  Host& host = one->add_host("n1");
  CHECK(host.ip() == "127.0.0.1");
  CHECK(host.network_namespace() == -1);
  CHECK(host.drops() == 0);
  CHECK_THROWS_WITH((void)host.drop({{"127.0.0.1"}, {}}), Catch::Contains("harness doctor"));
  CHECK_THROWS_WITH(host.reset_connections({{"127.0.0.1"}}), Catch::Contains("harness doctor"));
  std::vector<int> ports;
  for (int i = 0; i < 20; ++i) {
    ports.push_back(one->node_port());
    ports.push_back(other->node_port());
  }
  std::sort(ports.begin(), ports.end());
  CHECK(std::adjacent_find(ports.begin(), ports.end()) == ports.end());
  CHECK(ports.front() >= 10000);
  CHECK(ports.back() < 20000);
}

TEST_CASE("loopback mode passes over a port whose bus port is taken") {
  // Learn which port comes next, then take its bus port.
  int next = 0;
  { next = make_sandbox(SandboxMode::kLoopback)->node_port(); }
  const FileDescriptor taken(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const auto bus = address("127.0.0.1", static_cast<std::uint16_t>(next + 10000));
  const int on = 1;  // connections of a server that had the port may linger in TIME_WAIT
  REQUIRE(::setsockopt(taken.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0);
  REQUIRE(::bind(taken.get(), reinterpret_cast<const sockaddr*>(&bus), sizeof bus) == 0);
  REQUIRE(::listen(taken.get(), 1) == 0);
  CHECK(make_sandbox(SandboxMode::kLoopback)->node_port() != next);
}

}  // namespace
}  // namespace harness

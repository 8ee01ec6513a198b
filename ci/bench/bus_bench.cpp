// The bus path: what it adds to a round trip of messages, and whether failovers take longer with it. Beside
// each figure, its ratio to the goal or to the same without the path.
//
//   cmake --build build --target bus_bench && build/bus_bench [FAILOVERS [SERVER]]
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <thread>
#include <vector>

#include "harness/cluster/cluster.h"
#include "harness/core/bus_test_messages.h"
#include "harness/core/check.h"
#include "harness/core/wait.h"
#include "harness/sandbox/bus_path.h"

using namespace harness;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

namespace {

constexpr double kGoalUs = 100;
constexpr int kRoundTrips = 20'000;
constexpr int kBusPort = 16379;
constexpr int kNodeTimeoutMs = 1000;

double median(std::vector<double> values) {
  std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2));
  return values[values.size() / 2];
}

FileDescriptor socket_on(const Host& host) {
  FileDescriptor socket;
  std::thread([&] {
    host.enter();
    socket = FileDescriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int on = 1;
    ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }).join();
  return socket;
}

bool receive(const FileDescriptor& socket, std::string& bytes) {
  return ::recv(socket.get(), bytes.data(), bytes.size(), MSG_WAITALL) == static_cast<ssize_t>(bytes.size());
}

bool send(const FileDescriptor& socket, const std::string& bytes) {
  return ::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
}

/// Median of the time from a PING's first byte to its PONG's last, in microseconds.
double round_trip_us(const Host& from, const Host& to) {
  const FileDescriptor listener = socket_on(to);
  sockaddr_in target{};
  target.sin_family = AF_INET;
  target.sin_port = htons(kBusPort);
  ::inet_pton(AF_INET, to.ip().c_str(), &target.sin_addr);
  const auto* generic = reinterpret_cast<const sockaddr*>(&target);
  if (::bind(listener.get(), generic, sizeof target) != 0 || ::listen(listener.get(), 1) != 0)
    throw EnvironmentError("listen");
  const FileDescriptor client = socket_on(from);
  if (::connect(client.get(), generic, sizeof target) != 0) throw EnvironmentError("connect");
  const FileDescriptor server(::accept(listener.get(), nullptr, nullptr));
  const std::string ping = TestMessage().bytes();
  std::jthread answers([&] {
    const int on = 1;
    ::setsockopt(server.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    std::string bytes(ping.size(), '\0');
    while (receive(server, bytes) && send(server, bytes)) {
    }
  });
  std::vector<double> times;
  std::string bytes(ping.size(), '\0');
  for (int i = 0; i < kRoundTrips; ++i) {
    const auto begin = Clock::now();
    if (!send(client, ping) || !receive(client, bytes)) throw EnvironmentError("the round trip broke off");
    times.push_back(std::chrono::duration<double, std::micro>(Clock::now() - begin).count());
  }
  ::shutdown(client.get(), SHUT_RDWR);
  return median(times);
}

std::vector<Host*> hosts_of(Cluster& cluster) {
  std::vector<Host*> hosts;
  for (int node = 0; node < cluster.size(); ++node) hosts.push_back(&cluster.host(node));
  return hosts;
}

/// From SIGKILL of a master to its replica being one, in milliseconds.
double failover_ms(SandboxMode mode, const std::string& server, bool with_path) {
  std::string name = (std::filesystem::temp_directory_path() / "bus-bench-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw EnvironmentError("mkdtemp " + name);
  const auto sandbox = make_sandbox(mode);
  ClusterOptions options;
  options.flavors = {detect_flavor(server)};
  options.config.node_timeout_ms = kNodeTimeoutMs;
  options.directory = name;
  Cluster cluster(*sandbox, options);
  std::unique_ptr<BusPath> path;
  if (with_path) path = std::make_unique<BusPath>(hosts_of(cluster), kBusPort);
  cluster.start();
  cluster.form();
  const auto is_master = [&](int node) {
    const Roles roles = cluster.look();
    const TopologyNode* self = roles.view(node).topology.myself();
    return self && self->is(kFlagMaster);
  };
  const auto begin = Clock::now();
  cluster.node(0).kill();
  wait_until(
      "the replica is promoted", 30s, [&] { return is_master(3); }, 2ms);
  const double took = std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
  std::filesystem::remove_all(name);
  return took;
}

void compare_round_trips(SandboxMode mode) {
  const auto sandbox = make_sandbox(mode);
  Host& one = sandbox->add_host("n1");
  Host& two = sandbox->add_host("n2");
  for (int round = 0; round < 3; ++round) {
    const double without = round_trip_us(one, two);
    const BusPath path({&one, &two}, kBusPort);
    const double with = round_trip_us(one, two);
    std::printf(
        "round trip of a PING: %.1f us without, %.1f us with the path: %.1f us more, %.2f of the goal\n",
        without, with, with - without, (with - without) / kGoalUs);
    std::fflush(stdout);
  }
}

/// In turn, so that whatever else the machine does hits both alike.
void compare_failovers(SandboxMode mode, const std::string& server, int count) {
  std::vector<double> without, with;
  for (int i = 0; i < count; ++i) {
    without.push_back(failover_ms(mode, server, false));
    with.push_back(failover_ms(mode, server, true));
  }
  if (count > 0)
    std::printf("failover, median of %d: %.0f ms without, %.0f ms with the path: %.2f of it\n", count,
                median(without), median(with), median(with) / median(without));
}

}  // namespace

int main(int argc, char** argv) {
  const int failovers = argc > 1 ? std::atoi(argv[1]) : 7;
  const std::string server = argc > 2 ? argv[2] : "redis-server";
  const SandboxMode mode = best_sandbox_mode();
  if (mode == SandboxMode::kLoopback) {
    std::fprintf(stderr, "the bus path needs namespaces: 'harness doctor' says more\n");
    return 3;
  }
  return run_in_sandbox(mode, [&] {
    compare_round_trips(mode);
    compare_failovers(mode, server, failovers);
    return 0;
  });
}

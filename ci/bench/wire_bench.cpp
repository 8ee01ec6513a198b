// The userspace wire: what one link carries on one core, and how exact its delays are. Beside each figure,
// its ratio to the goal.
//
//   cmake --build build --target wire_bench && build/wire_bench
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <thread>
#include <vector>

#include "harness/core/check.h"
#include "harness/sandbox/file_descriptor.h"
#include "harness/sandbox/sandbox.h"

using namespace harness;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

namespace {

constexpr double kGoalGigabits = 1, kGoalFrames = 100'000, kGoalDelayMs = 0.2;
constexpr auto kDuration = 3s;

sockaddr_in address(const Host& host) {
  sockaddr_in result{};
  result.sin_family = AF_INET;
  result.sin_port = htons(7000);
  ::inet_pton(AF_INET, host.ip().c_str(), &result.sin_addr);
  return result;
}

FileDescriptor socket_on(const Host& host, int type, bool bound) {
  FileDescriptor socket;
  std::thread([&] {
    host.enter();
    socket = FileDescriptor(::socket(AF_INET, type | SOCK_CLOEXEC, 0));
    const auto self = address(host);
    const int on = 1;
    ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bound && ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&self), sizeof self) != 0)
      throw EnvironmentError("bind");
  }).join();
  return socket;
}

double seconds(Clock::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

double gigabits(Host& from, Host& to) {
  const FileDescriptor listener = socket_on(to, SOCK_STREAM, true);
  ::listen(listener.get(), 1);
  const FileDescriptor client = socket_on(from, SOCK_STREAM, false);
  const auto target = address(to);
  if (::connect(client.get(), reinterpret_cast<const sockaddr*>(&target), sizeof target) != 0)
    throw EnvironmentError("connect");
  const FileDescriptor server(::accept(listener.get(), nullptr, nullptr));
  std::jthread writer([&](const std::stop_token& stop) {
    const std::vector<char> bytes(256 * 1024);
    while (!stop.stop_requested() && ::send(client.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) > 0) {
    }
    ::shutdown(client.get(), SHUT_RDWR);
  });
  std::vector<char> buffer(256 * 1024);
  double bytes = 0;
  const auto begin = Clock::now();
  while (Clock::now() - begin < kDuration) {
    const auto got = ::recv(server.get(), buffer.data(), buffer.size(), 0);
    if (got <= 0) break;
    bytes += static_cast<double>(got);
  }
  writer.request_stop();
  ::shutdown(server.get(), SHUT_RDWR);
  return bytes * 8 / 1e9 / seconds(Clock::now() - begin);
}

double frames_per_second(Host& from, Host& to, const Degradation& wire) {
  const FileDescriptor receiver = socket_on(to, SOCK_DGRAM, true),
                       sender = socket_on(from, SOCK_DGRAM, false);
  const auto target = address(to);
  ::connect(sender.get(), reinterpret_cast<const sockaddr*>(&target), sizeof target);
  std::jthread flood([&](const std::stop_token& stop) {
    const char bytes[64] = {};
    while (!stop.stop_requested()) ::send(sender.get(), bytes, sizeof bytes, 0);
  });
  const auto frames = wire.counts().frames;
  const auto begin = Clock::now();
  std::this_thread::sleep_for(kDuration);
  return static_cast<double>(wire.counts().frames - frames) / seconds(Clock::now() - begin);
}

// The median of how far a delay is off, in ms.
double inaccuracy(Host& from, Host& to, double delay_ms) {
  const FileDescriptor receiver = socket_on(to, SOCK_DGRAM, true),
                       sender = socket_on(from, SOCK_DGRAM, false);
  const auto target = address(to);
  std::vector<double> off;
  for (int i = 0; i < 200; ++i) {
    const auto begin = Clock::now();
    ::sendto(sender.get(), "x", 1, 0, reinterpret_cast<const sockaddr*>(&target), sizeof target);
    char byte;
    if (::recv(receiver.get(), &byte, 1, 0) != 1) throw EnvironmentError("recv");
    off.push_back(std::abs(seconds(Clock::now() - begin) * 1000 - delay_ms));
  }
  std::ranges::nth_element(off, off.begin() + 100);
  return off[100];
}

int measure() {
  const auto sandbox = make_sandbox(::geteuid() == 0 ? SandboxMode::kRoot : SandboxMode::kUserNamespace);
  Host& n1 = sandbox->add_host("n1");
  Host& n2 = sandbox->add_host("n2");
  std::printf("%-40s %10.2f Gbit/s\n", "kernel alone", gigabits(n1, n2));
  const std::vector<DirectedLink> both = {{&n1, &n2}, {&n2, &n1}};
  {
    const auto wire = sandbox->degrade(both, {}, Prng(1));
    const double rate = gigabits(n1, n2);
    std::printf("%-40s %10.2f Gbit/s   %.2f of the goal\n", "wire, one connection", rate,
                rate / kGoalGigabits);
  }
  {
    const auto wire = sandbox->degrade(both, {}, Prng(1));
    const double rate = frames_per_second(n1, n2, *wire);
    std::printf("%-40s %10.0f frames/s %.2f of the goal\n", "wire, small frames", rate, rate / kGoalFrames);
  }
  for (const double delay : {1.0, 20.0}) {
    WireRule rule;
    rule.delay = static_cast<Nanos>(delay * kMillisecond);
    const auto wire = sandbox->degrade(both, rule, Prng(1));
    const double off = inaccuracy(n1, n2, delay);
    std::printf("delay of %2.0f ms, median inaccuracy %24.3f ms       %.2f of the goal\n", delay, off,
                kGoalDelayMs / std::max(off, 1e-6));
  }
  return 0;
}

}  // namespace

int main() {
  return run_in_sandbox(::geteuid() == 0 ? SandboxMode::kRoot : SandboxMode::kUserNamespace, measure);
}

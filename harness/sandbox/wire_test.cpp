// The userspace wire between real hosts.
#include "harness/sandbox/wire.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <optional>
#include <thread>

#include "harness/core/wait.h"
#include "harness/sandbox/namespace_test_support.h"

using namespace std::chrono_literals;

namespace harness {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint16_t kPort = 7000;
constexpr auto kPatience = 20s;

sockaddr_in address(const std::string& ip) {
  sockaddr_in result{};
  result.sin_family = AF_INET;
  result.sin_port = htons(kPort);
  ::inet_pton(AF_INET, ip.c_str(), &result.sin_addr);
  return result;
}

FileDescriptor socket_on(const Host& host, int type) {
  FileDescriptor result;
  std::thread([&] {
    host.enter();
    result = FileDescriptor(::socket(AF_INET, type | SOCK_CLOEXEC, 0));
  }).join();
  return result;
}

bool readable(const FileDescriptor& socket, std::chrono::milliseconds timeout) {
  pollfd event{socket.get(), POLLIN, 0};
  return ::poll(&event, 1, static_cast<int>(timeout.count())) == 1;
}

/// Datagrams from one host to another, each with its number.
struct Stream {
  FileDescriptor sender, receiver;
  sockaddr_in target;

  Stream(const Host& from, const Host& to)
      : sender(socket_on(from, SOCK_DGRAM)), receiver(socket_on(to, SOCK_DGRAM)), target(address(to.ip())) {
    const auto* self = reinterpret_cast<const sockaddr*>(&target);
    require_that(::bind(receiver.get(), self, sizeof target) == 0, "bind");
  }
  void send(int number) const {
    const auto* to = reinterpret_cast<const sockaddr*>(&target);
    require_that(::sendto(sender.get(), &number, sizeof number, 0, to, sizeof target) == sizeof number,
                 "send");
  }
  std::optional<int> receive(std::chrono::milliseconds patience) const {
    int number = 0;
    if (!readable(receiver, patience) || ::recv(receiver.get(), &number, sizeof number, 0) != sizeof number)
      return std::nullopt;
    return number;
  }
  /// Sends so many by the wire, never many ahead of it (the receiver's buffer is small), and gives what
  /// arrives until as much has as the wire let through.
  std::vector<int> exchange(int count, const Degradation& wire) const {
    const std::uint64_t before = wire.counts().frames;
    std::vector<int> received;
    const auto take = [&] {
      while (const auto one = receive(1ms)) received.push_back(*one);
    };
    const auto on_the_way = [&](int sent) {
      return static_cast<std::uint64_t>(sent) + before - wire.counts().frames;
    };
    for (int number = 0; number < count; ++number) {
      send(number);
      if (number % 20 != 19) continue;
      require_that(wait_for(kPatience, [&] { return on_the_way(number + 1) < 20; }), "the wire keeps up");
      take();
    }
    require_that(wait_for(kPatience,
                          [&] {
                            take();
                            const WireCounts counts = wire.counts();
                            return on_the_way(count) == 0 &&
                                   received.size() >= counts.frames + counts.duplicated - counts.lost;
                          }),
                 "what the wire let through arrives");
    take();  // and no more than that
    return received;
  }
};

/// A connection that sends bytes whose values tell their place.
struct Flow {
  FileDescriptor client, server;

  Flow(const Host& from, const Host& to) : client(socket_on(from, SOCK_STREAM)) {
    const FileDescriptor listener = socket_on(to, SOCK_STREAM);
    const auto self = address(to.ip());
    const auto* there = reinterpret_cast<const sockaddr*>(&self);
    require_that(::bind(listener.get(), there, sizeof self) == 0, "bind");
    require_that(::listen(listener.get(), 1) == 0, "listen");
    require_that(::connect(client.get(), there, sizeof self) == 0, "connect");
    server = FileDescriptor(::accept(listener.get(), nullptr, nullptr));
  }

  static unsigned char byte_at(std::size_t place) {
    return static_cast<unsigned char>(place * 31 + place / 997);
  }
  /// Whether all of it arrives as it was sent.
  bool carries(std::size_t bytes) const {
    std::jthread writer([&] {
      std::vector<unsigned char> buffer(64 * 1024);
      for (std::size_t sent = 0; sent < bytes;) {
        const std::size_t count = std::min(buffer.size(), bytes - sent);
        for (std::size_t i = 0; i < count; ++i) buffer[i] = byte_at(sent + i);
        const auto written = ::send(client.get(), buffer.data(), count, MSG_NOSIGNAL);
        if (written <= 0) return;
        sent += static_cast<std::size_t>(written);
      }
    });
    std::vector<unsigned char> buffer(64 * 1024);
    std::size_t got = 0;
    while (got < bytes && readable(server, kPatience)) {
      const auto count = ::recv(server.get(), buffer.data(), std::min(buffer.size(), bytes - got), 0);
      if (count <= 0) break;
      for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i)
        if (buffer[i] != byte_at(got + i)) return false;
      got += static_cast<std::size_t>(count);
    }
    if (got < bytes) ::shutdown(client.get(), SHUT_RDWR);
    return got == bytes;
  }
};

struct Pair {
  std::unique_ptr<Sandbox> sandbox;
  Host& n1;
  Host& n2;
  explicit Pair(SandboxMode mode)
      : sandbox(make_sandbox(mode)), n1(sandbox->add_host("n1")), n2(sandbox->add_host("n2")) {}
  std::unique_ptr<Degradation> there(const WireRule& rule) const {
    return sandbox->degrade({{&n1, &n2}}, rule, Prng(5));
  }
};

TEST_CASE("the wire delays one direction of one link, and nothing else") {
  in_each_sandbox([](SandboxMode mode) {
    Pair pair(mode);
    Host& n3 = pair.sandbox->add_host("n3");
    require_that(pair.sandbox->degraded_links() == 0, "idle it is not there");
    const Stream there(pair.n1, pair.n2), back(pair.n2, pair.n1), third(pair.n1, n3);
    const auto took = [](const Stream& stream) {
      const auto begin = Clock::now();
      stream.send(1);
      require_that(stream.receive(kPatience) == 1, "it arrives");
      return Clock::now() - begin;
    };
    WireRule rule;
    rule.delay = 200 * kMillisecond;
    const auto delay = pair.there(rule);
    require_that(pair.sandbox->degraded_links() == 1, "one link is the wire's");
    const auto delayed = took(there);
    require_that(delayed >= 200ms, "n1 to n2 is late");
    require_that(took(back) < 200ms, "n2's own frames are in time");
    require_that(took(third) < 200ms, "so are those for n3");
    require_that(delay->counts().frames == 1 && delay->counts().delayed == 1, "counted");
    {
      const auto more = pair.there(rule);
      require_that(pair.sandbox->degraded_links() == 1, "the same link twice");
      require_that(took(there) >= 400ms, "delays add up");
    }
    require_that(took(there) < 400ms, "the other one is gone");
    delay->remove();
    require_that(pair.sandbox->degraded_links() == 0, "the kernel has the link again");
    require_that(took(there) < 200ms, "in time again");
    delay->remove();
  });
}

TEST_CASE("connections live through the wire's coming and going") {
  in_each_sandbox([](SandboxMode mode) {
    const Pair pair(mode);
    const Flow flow(pair.n1, pair.n2);
    std::atomic<bool> whole{false};
    std::atomic<bool> ended{false};
    std::jthread traffic([&] {
      whole = flow.carries(std::size_t{300} << 20U);
      ended = true;
    });
    WireRule rule;
    rule.delay = kMillisecond;
    std::uint64_t frames = 0;
    int cycles = 0;
    for (; cycles < 10 || (!ended && cycles < 1000); ++cycles) {
      const auto degradation = pair.there(rule);
      (void)wait_for(100ms, [&] { return degradation->counts().frames > 100; });
      frames += degradation->counts().frames;
    }
    traffic.join();
    require_that(whole, "every byte arrived as it was sent");
    require_that(frames > 100, "and some of them by the wire");
    require_that(pair.sandbox->degraded_links() == 0, "nothing is left");
  });
}

TEST_CASE("what the wire loses, doubles and disorders is what it counts") {
  in_each_sandbox([](SandboxMode mode) {
    const Pair pair(mode);
    const Stream stream(pair.n1, pair.n2);
    constexpr int kCount = 1000;
    {
      WireRule rule;
      rule.loss = 0.3;
      const auto loss = pair.there(rule);
      const auto received = stream.exchange(kCount, *loss);
      require_that(loss->counts().frames == kCount, "all came by");
      require_that(received.size() == kCount - loss->counts().lost, "the rest arrives");
      require_that(loss->counts().lost > 200 && loss->counts().lost < 400, "about a third");
      require_that(std::ranges::is_sorted(received), "in order");
    }
    {
      WireRule rule;
      rule.duplicate = 0.5;
      const auto doubled = pair.there(rule);
      require_that(stream.exchange(kCount, *doubled).size() == kCount + doubled->counts().duplicated,
                   "copies arrive");
      require_that(doubled->counts().duplicated > 400, "about half");
    }
    WireRule rule;
    rule.reorder = 0.2;
    rule.reorder_by = 5 * kMillisecond;
    const auto disorder = pair.there(rule);
    const auto received = stream.exchange(kCount, *disorder);
    require_that(received.size() == kCount && !std::ranges::is_sorted(received), "all, in another order");
  });
}

TEST_CASE("a damaged frame never reaches a program, and a connection mends it") {
  in_each_sandbox([](SandboxMode mode) {
    const Pair pair(mode);
    const Flow flow(pair.n1, pair.n2);
    WireRule rule;
    rule.corrupt = 0.05;
    const auto damage = pair.there(rule);
    require_that(flow.carries(1U << 20U), "every byte arrives as it was sent");
    require_that(damage->counts().corrupted > 10, "frames were damaged");
  });
}

TEST_CASE("a rate limit slows a connection to its rate") {
  in_each_sandbox([](SandboxMode mode) {
    const Pair pair(mode);
    const Flow flow(pair.n1, pair.n2);
    WireRule rule;
    rule.bits_per_second = 40e6;
    const auto limit = pair.there(rule);
    const auto begin = Clock::now();
    require_that(flow.carries(4'000'000), "it arrives");
    require_that(Clock::now() - begin > 700ms, "four megabytes take 0.8 s, less what waits at the end");
  });
}

std::size_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

TEST_CASE("many cycles of the wire and of drops leave nothing") {
  in_each_sandbox([](SandboxMode mode) {
    const Pair pair(mode);
    WireRule rule;
    rule.delay = kMillisecond;
    const auto cycle = [&] {
      const auto drop = pair.n1.drop({{pair.n2.ip()}, {pair.n2.ip()}});
      const auto one = pair.there(rule);
      const auto other = pair.sandbox->degrade({{&pair.n2, &pair.n1}, {&pair.n1, &pair.n2}}, rule, Prng(1));
    };
    cycle();
    const auto descriptors = open_descriptors();
    for (int i = 0; i < 50; ++i) cycle();
    require_that(open_descriptors() == descriptors, "no descriptor is left");
    require_that(pair.sandbox->degraded_links() == 0 && pair.n1.drops() == 0, "no rule is left");
    const std::filesystem::directory_iterator threads("/proc/self/task");
    require_that(std::distance(begin(threads), end(threads)) == 1, "no thread is left");
  });
}

}  // namespace
}  // namespace harness

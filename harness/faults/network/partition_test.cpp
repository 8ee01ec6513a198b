// Partitions of real clusters, each node a host of its own. The bodies run inside the sandbox: they throw
// where a test elsewhere would CHECK.
#include "harness/faults/network/partition.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cerrno>
#include <condition_variable>
#include <thread>

#include "harness/core/wait.h"
#include "harness/faults/test_support.h"
#include "harness/sandbox/file_descriptor.h"

using namespace harness;
using namespace std::chrono_literals;

namespace {

/// Long enough that no partition of these tests costs a master its role.
constexpr int kNodeTimeoutMs = 30'000;

using Names = std::vector<std::string>;

/// A client of one group that talks to every node, so that a cut of its host is felt.
class Chatter {
 public:
  Chatter(Cluster& cluster, Host& host)
      : thread_([&cluster, &host](std::stop_token stop) {
          host.enter();
          std::mutex mutex;
          std::condition_variable_any wake;
          for (int number = 0; !stop.stop_requested(); number = (number + 1) % cluster.size()) {
            if (auto connection = cluster.node(number).connect({50ms, 50ms}))
              (void)connection->call({"PING"});
            std::unique_lock lock(mutex);
            wake.wait_for(lock, stop, 10ms, [] { return false; });
          }
        }) {}

 private:
  std::jthread thread_;
};

/// Runs inside a host, and gives back what `work` gives.
template <typename Work>
auto inside(Host& host, Work work) {
  decltype(work()) result{};
  std::thread([&] {
    host.enter();
    result = work();
  }).join();
  return result;
}

bool reaches(Host& from, Node& to, std::chrono::milliseconds patience) {
  return inside(from, [&] {
    auto connection = to.connect({patience, patience});
    return connection && connection->call({"PING"});
  });
}

Host& host_named(FaultScene& scene, const std::string& name) {
  for (Host* host : scene.context().client_hosts)
    if (host->name() == name) return *host;
  return scene.cluster().host(std::stoi(name.substr(1)) - 1);
}

/// Nobody crosses from one side to the other, everybody reaches the nodes of their own.
void require_cut(FaultScene& scene, const FaultRecord& record) {
  for (std::size_t side = 0; side < 2; ++side)
    for (const std::string& name : record.sides[side])
      for (int number = 0; number < scene.cluster().size(); ++number) {
        Node& node = scene.node(number);
        const bool same = std::ranges::count(record.sides[side], node.name()) > 0;
        const std::string what = name + (same ? " reaches " : " does not reach ") + node.name();
        require_that(reaches(host_named(scene, name), node, same ? 10'000ms : 60ms) == same, what);
      }
}

void require_whole(FaultScene& scene) {
  for (Host* client : scene.context().client_hosts)
    for (int number = 0; number < scene.cluster().size(); ++number)
      require_that(reaches(*client, scene.node(number), 10s),
                   client->name() + " reaches " + scene.node(number).name() + " again");
}

void require_active(const FaultScene::Injected& fault) {
  require_that(fault.record.verified_active(), fault.record.fault + " is active: " + fault.record.error);
  require_that(fault.record.requested <= fault.record.active, "requested before it was active");
  require_that(fault.record.evidence.find("packets dropped at n1") != std::string::npos,
               "evidence of n1: " + fault.record.evidence);
  require_that(fault.record.evidence.find("0 packets dropped at n1") != 0, "more than none");
  require_that(fault.active != nullptr, "something to heal");
}

void heal(FaultScene& scene, FaultScene::Injected& fault) {
  fault.active->heal(fault.record);
  require_that(fault.record.verified_healed() && fault.record.error.empty(), "healed: " + fault.record.error);
  require_that(fault.record.heal_requested <= fault.record.healed, "in this order");
  for (const std::string& name : fault.record.sides[0])
    require_that(host_named(scene, name).drops() == 0, "no rule is left at " + name);
  require_whole(scene);
}

FileDescriptor udp_socket(Host& host) {
  const int fd = inside(host, [&] {
    const int made = ::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(7777);
    ::inet_pton(AF_INET, host.ip().c_str(), &address.sin_addr);
    require_that(::bind(made, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0, "bind");
    return made;
  });
  return FileDescriptor(fd);
}

/// 0, or why the datagram could not leave.
int send_datagram(int fd, const Host& to) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(7777);
  ::inet_pton(AF_INET, to.ip().c_str(), &address.sin_addr);
  return ::sendto(fd, "x", 1, 0, reinterpret_cast<sockaddr*>(&address), sizeof address) == 1 ? 0 : errno;
}

bool receives(int fd) {
  char byte;
  return ::recv(fd, &byte, 1, 0) == 1;
}

}  // namespace

TEST_CASE("partition-one cuts one node off from everybody, clients too") {
  in_each_sandbox([](SandboxMode mode) {
    FaultScene scene(3, 0, mode, {}, kNodeTimeoutMs);
    auto fault = scene.inject("partition-one", "n1");
    require_active(fault);
    require_that(fault.record.nodes == std::vector<int>{0}, "n1");
    require_that(fault.record.sides == std::vector<Names>{{"n1"}, {"n2", "n3", "c1", "c2"}}, "sides");
    require_that(!fault.record.one_way, "both ways");
    require_cut(scene, fault.record);
    require_that(scene.cluster().look().reachable(0), "the observer still sees it");
    heal(scene, fault);
    const Nanos healed = fault.record.healed;
    fault.active->heal(fault.record);
    require_that(fault.record.healed == healed, "once is enough");

    auto forgotten = scene.inject("partition-one", "n1");
    require_active(forgotten);
    forgotten.active.reset();
    require_whole(scene);
  });
}

TEST_CASE("partition-minority takes the last client group along, if there is another") {
  in_each_sandbox([](SandboxMode mode) {
    FaultScene scene(3, 0, mode, {}, kNodeTimeoutMs);
    // Nobody has talked on c2 yet, so that nothing shows that it was cut off: not verified.
    auto silent = scene.inject("partition-minority", "n1");
    require_that(!silent.record.verified_active() && !silent.record.error.empty(),
                 "no packet of c2 was dropped");
    require_that(silent.active != nullptr, "the rules stand, and must go");
    silent.active.reset();
    require_whole(scene);
    {
      const Chatter clients(scene.cluster(), *scene.context().client_hosts[1]);
      auto fault = scene.inject("partition-minority", "n1");
      require_active(fault);
      require_that(fault.record.sides == std::vector<Names>{{"n1", "c2"}, {"n2", "n3", "c1"}}, "sides");
      require_that(fault.record.evidence.find("packets dropped at c2") != std::string::npos,
                   "evidence of c2");
      require_cut(scene, fault.record);
      heal(scene, fault);
    }

    scene.context().client_hosts.pop_back();
    auto fault = scene.inject("partition-minority", "n1");
    require_active(fault);
    require_that(fault.record.sides == std::vector<Names>{{"n1"}, {"n2", "n3", "c1"}}, "no clients inside");
    heal(scene, fault);
  });
}

TEST_CASE("partition-halves leaves the majority, and a successor, on the other side") {
  in_each_sandbox([](SandboxMode mode) {
    {
      FaultScene scene(3, 1, mode, {}, kNodeTimeoutMs);
      const Chatter clients(scene.cluster(), *scene.context().client_hosts[1]);
      auto fault = scene.inject("partition-halves", "n1");
      require_active(fault);
      require_that(fault.record.nodes.front() == 0 && fault.record.nodes.size() == 3, "n1 and two more");
      Names inner = fault.record.sides[0];
      std::ranges::sort(inner);
      require_that(inner == Names{"c2", "n1", "n5", "n6"}, "the replicas of the others are inside");
      require_cut(scene, fault.record);
      heal(scene, fault);
    }
    FaultScene even(4, 0, mode, {}, kNodeTimeoutMs);
    const Chatter clients(even.cluster(), *even.context().client_hosts[1]);
    auto fault = even.inject("partition-halves", "n1");
    require_active(fault);
    require_that(fault.record.nodes == std::vector<int>{0}, "two masters of four would leave no majority");
    heal(even, fault);
  });
}

TEST_CASE("partition-one-way mutes a node, which hears everybody all the same") {
  in_each_sandbox([](SandboxMode mode) {
    FaultScene scene(3, 0, mode, {}, kNodeTimeoutMs);
    const FileDescriptor mute = udp_socket(scene.cluster().host(0));
    const FileDescriptor other = udp_socket(scene.cluster().host(1));
    const auto passes = [&](int from, const Host& to, int receiver) {
      return wait_for(10s, [&] {
        require_that(send_datagram(from, to) == 0, "a datagram leaves");
        return receives(receiver);
      });
    };
    require_that(passes(mute.get(), scene.cluster().host(1), other.get()), "both ways before");
    while (receives(other.get())) {
    }

    auto fault = scene.inject("partition-one-way", "n1");
    require_active(fault);
    require_that(fault.record.one_way, "one way");
    require_that(fault.record.sides == std::vector<Names>{{"n1"}, {"n2", "n3", "c1", "c2"}}, "sides");
    require_that(passes(other.get(), scene.cluster().host(0), mute.get()), "n1 hears n2");
    require_that(send_datagram(mute.get(), scene.cluster().host(1)) == EPERM, "n1's own packets are dropped");
    require_that(!receives(other.get()), "n2 does not hear n1");
    heal(scene, fault);
    require_that(passes(mute.get(), scene.cluster().host(1), other.get()), "both ways after");
  });
}

TEST_CASE("a partition without a node to cut off is an error, and cuts nothing") {
  in_each_sandbox([](SandboxMode mode) {
    FaultScene scene(3, 0, mode, {}, kNodeTimeoutMs);
    for (const char* name :
         {"partition-one", "partition-minority", "partition-halves", "partition-one-way"}) {
      const auto fault = scene.inject(name, "random-replica");
      require_that(!fault.record.verified_active() && !fault.active,
                   std::string(name) + " has nothing to do");
      require_that(fault.record.error.find("no replica") != std::string::npos, fault.record.error);
    }
    require_whole(scene);
  });
}

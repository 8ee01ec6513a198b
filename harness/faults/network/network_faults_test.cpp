// Faults of the userspace wire and of cut ports and links, on real clusters. The bodies run inside the
// sandbox: they throw where a test elsewhere would CHECK.
#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "harness/core/wait.h"
#include "harness/faults/network/cut.h"
#include "harness/faults/test_support.h"

using namespace harness;
using namespace std::chrono_literals;

namespace {

/// Long enough that no fault of these tests costs a master its role.
constexpr int kNodeTimeoutMs = 30'000;

/// Clients of one group that talk to every node all the time.
class Chatter {
 public:
  Chatter(Cluster& cluster, Host& host) {
    for (int number = 0; number < cluster.size(); ++number)
      threads_.emplace_back([&cluster, &host, number](const std::stop_token& stop) {
        host.enter();
        while (!stop.stop_requested()) {
          auto connection = cluster.node(number).connect({1s, 1s});
          while (connection && !stop.stop_requested() && connection->call({"PING"})) pause(stop);
          pause(stop);
        }
      });
  }

 private:
  static void pause(const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    wake.wait_for(lock, stop, 1ms, [] { return false; });
  }

  std::vector<std::jthread> threads_;
};

Parameters with(const nlohmann::json& values) {
  return Parameters(values);
}

template <typename Work>
auto inside(const Host& host, Work work) {
  decltype(work()) result{};
  std::thread([&] {
    host.enter();
    result = work();
  }).join();
  return result;
}

bool reaches(const Host& from, Node& to, std::chrono::milliseconds patience) {
  return inside(from, [&] {
    auto connection = to.connect({patience, patience});
    return connection && connection->call({"PING"});
  });
}

/// Whether a TCP connection to the bus port comes about.
bool reaches_bus(const Host& from, const Node& to, std::chrono::milliseconds patience) {
  return inside(from, [&] {
    return static_cast<bool>(Connection::open(to.ip(), to.port() + 10'000, {patience, patience}));
  });
}

std::chrono::nanoseconds round_trip(const Host& from, Node& to) {
  return inside(from, [&] {
    auto connection = to.connect({20s, 20s});
    require_that(connection && connection->call({"PING"}), from.name() + " reaches " + to.name());
    const auto begin = std::chrono::steady_clock::now();
    require_that(static_cast<bool>(connection->call({"PING"})), "it answers");
    return std::chrono::steady_clock::now() - begin;
  });
}

void require_active(const FaultScene::Injected& fault) {
  const FaultRecord& record = fault.record;
  require_that(record.verified_active(), record.fault + " is active: " + record.error);
  require_that(record.requested <= record.active, "requested before it was active");
  require_that(!record.evidence.empty() && record.effects.size() == 1, "evidence and one effect");
  require_that(!record.effects[0].links.empty() && !record.effects[0].nodes.empty(), "links and nodes");
}

void heal(FaultScene& scene, FaultScene::Injected& fault) {
  require_that(fault.active != nullptr, "something to heal");
  fault.active->heal(fault.record);
  require_that(fault.record.verified_healed() && fault.record.error.empty(), "healed: " + fault.record.error);
  for (int number = 0; number < scene.cluster().size(); ++number)
    require_that(scene.cluster().host(number).drops() == 0, "no rule is left");
  require_that(scene.context().sandbox.degraded_links() == 0, "no link is left to the wire");
  const Nanos healed = fault.record.healed;
  fault.active->heal(fault.record);
  require_that(fault.record.healed == healed, "once is enough");
}

bool says(const FaultRecord& record, const std::string& words) {
  return record.evidence.find(words) != std::string::npos;
}

Host& client(FaultScene& scene) {
  return *scene.context().client_hosts[0];
}

}  // namespace

TEST_CASE("each packet fault is felt on the links of its node, and healed") {
  in_each_sandbox([](SandboxMode mode) {
    FaultScene scene(3, 0, mode, {}, kNodeTimeoutMs);
    const Chatter traffic(scene.cluster(), client(scene));
    for (const auto& [name, values, words] : {
             std::tuple{"packet-delay", R"({"delay": 30, "jitter": 5})", "held back"},
             std::tuple{"packet-loss", R"({"percent": 20, "burst": 3})", "lost"},
             std::tuple{"packet-duplicate", R"({})", "doubled"},
             std::tuple{"packet-reorder", R"({"by": 3})", "out of order"},
             std::tuple{"packet-corrupt", R"({"percent": 20})", "damaged"},
             std::tuple{"rate-limit", R"({"rate": 500})", "held back"},
         }) {
      auto fault = scene.inject(name, "n1", Parameters(nlohmann::json::parse(values)));
      require_active(fault);
      const Effect& effect = fault.record.effects[0];
      require_that(effect.kind == EffectKind::kDegraded && effect.nodes == std::vector<int>{0}, "n1 alone");
      require_that(effect.links.size() == 8, "both ways with n2, n3, c1, c2");
      require_that(says(fault.record, words), fault.record.evidence);
      require_that(scene.context().sandbox.degraded_links() == 8, "as many as the kernel hands over");
      heal(scene, fault);
      require_that(says(fault.record, words), fault.record.evidence);
      require_that(reaches(client(scene), scene.node(0), 10s), "n1 is reached again");
    }
  });
}

TEST_CASE("packet-delay slows the links that it names, its figures are the effect's, and faults overlap") {
  in_each_sandbox([](SandboxMode mode) {
    FaultScene scene(3, 0, mode, {}, kNodeTimeoutMs);
    const Chatter traffic(scene.cluster(), client(scene));
    auto delay = scene.inject("packet-delay", "n1", with({{"delay", 200}, {"direction", "in"}}));
    require_active(delay);
    require_that(delay.record.effects[0].delay_ms == 200 && delay.record.effects[0].links.size() == 4,
                 "figures");
    require_that(round_trip(client(scene), scene.node(0)) >= 200ms, "n1 is slow");
    require_that(round_trip(client(scene), scene.node(1)) < 200ms, "n2 is not");

    auto nodes_only = scene.inject("packet-delay", "n2", with({{"delay", 300}, {"peers", "nodes"}}));
    require_active(nodes_only);
    auto cut = scene.inject("partition-one", "n1");
    require_active(cut);
    auto other = scene.inject("partition-one", "n2");
    require_active(other);
    delay.active->heal(delay.record);  // the oldest first
    cut.active->heal(cut.record);
    require_that(reaches(client(scene), scene.node(0), 10s), "n1 is whole for the client");
    require_that(round_trip(client(scene), scene.node(0)) < 200ms, "and in time");
    require_that(!reaches(client(scene), scene.node(1), 100ms), "n2 is still cut off");
    require_that(nodes_only.record.effects[0].links.size() == 4, "n2's links with n1 and n3");
    nodes_only.active->heal(nodes_only.record);
    heal(scene, other);
    require_that(reaches(client(scene), scene.node(1), 10s), "n2 is whole");
  });
}

TEST_CASE("cuts of ports and of clients leave the rest") {
  in_each_sandbox([](SandboxMode mode) {
    FaultScene scene(3, 0, mode, {}, kNodeTimeoutMs);
    const Chatter traffic(scene.cluster(), client(scene));
    const Host& n2 = scene.cluster().host(1);
    Node& n1 = scene.node(0);
    const auto check = [&](const char* name, bool by_client, bool by_node, bool bus, Traffic of) {
      auto fault = scene.inject(name, "n1");
      require_active(fault);
      require_that(fault.record.effects[0].kind == EffectKind::kCut, "a cut");
      require_that(fault.record.effects[0].traffic == of, "of this traffic");
      const auto patience = [](bool expected) { return expected ? 10'000ms : 100ms; };
      require_that(reaches(client(scene), n1, patience(by_client)) == by_client,
                   std::string(name) + ": client");
      require_that(reaches(n2, n1, patience(by_node)) == by_node, std::string(name) + ": node");
      require_that(reaches_bus(n2, n1, patience(bus)) == bus, std::string(name) + ": bus");
      heal(scene, fault);
      require_that(reaches(client(scene), n1, 10s) && reaches_bus(n2, n1, 10s), "whole again");
    };
    check("cut-clients", false, true, true, Traffic::kAll);
    check("cut-bus", true, true, false, Traffic::kBusPort);
    check("cut-port", false, false, true, Traffic::kClientPort);

    auto link = scene.inject("cut-link", "n1", with({{"to", "n3"}}));
    require_active(link);
    require_that(link.record.effects[0].links == std::vector<HostLink>{{"n1", "n3"}}, "one way");
    require_that(!reaches(scene.cluster().host(0), scene.node(2), 100ms), "n3 does not hear n1");
    require_that(reaches(scene.cluster().host(0), scene.node(1), 10s), "n2 does");
    heal(scene, link);
    const auto itself = scene.inject("cut-link", "n1", with({{"to", "n1"}}));
    require_that(!itself.record.verified_active() && !itself.active, "no link to itself");
  });
}

TEST_CASE("a link cut within another cut shows itself at once, and also after that one is healed") {
  in_each_sandbox([](SandboxMode mode) {
    FaultScene scene(3, 0, mode, {}, kNodeTimeoutMs);
    auto outer = scene.inject("partition-one", "n1");
    require_active(outer);
    auto inner = scene.inject("cut-link", "n1", with({{"to", "n3"}}));
    require_active(inner);
    outer.active->heal(outer.record);
    require_that(!reaches(scene.cluster().host(0), scene.node(2), 100ms), "n3 does not hear n1");
    heal(scene, inner);
    require_that(inner.record.verified_active() && inner.record.error.empty(), inner.record.error);
  });
}

TEST_CASE("a cut that packets come to only when another is healed is verified then") {
  in_each_sandbox([](SandboxMode mode) {
    FaultScene scene(3, 0, mode, {}, kNodeTimeoutMs);
    auto outer = scene.inject("partition-one-way", "n1");
    require_active(outer);
    FaultContext hasty = scene.context();
    hasty.stopped = [] { return true; };  // does not wait for the first packet
    FaultScene::Injected inner;
    Host& n1 = const_cast<Host&>(scene.cluster().host(0));
    Host& n3 = const_cast<Host&>(scene.cluster().host(2));
    inner.active = put_in_force(hasty, {.hosts = {{&n3, {&n1}, {}}}}, inner.record);
    require_that(!inner.record.verified_active() && !inner.record.error.empty(), "nothing came to it yet");
    outer.active->heal(outer.record);
    require_that(!reaches(n1, scene.node(2), 2s), "n3 does not hear n1");
    inner.active->heal(inner.record);
    require_that(inner.record.verified_active() && inner.record.verified_healed(), "it was in force");
    require_that(inner.record.error.empty(), inner.record.error);
    require_that(
        inner.record.active >= inner.record.requested && inner.record.active <= inner.record.heal_requested,
        "since its rules were listed");
  });
}

TEST_CASE("a ring shows each node another majority, a bridge joins two halves") {
  in_each_sandbox([](SandboxMode mode) {
    FaultScene scene(5, 0, mode, {}, kNodeTimeoutMs);
    auto ring = scene.inject("partition-ring", "n1");
    require_active(ring);
    require_that(ring.record.nodes.size() == 5 && ring.record.nodes[0] == 0, "all, n1 first");
    const auto seen_by = [&](int from) {
      std::set<int> seen{from};
      for (int to = 0; to < 5; ++to)
        if (to != from && reaches(scene.cluster().host(from), scene.node(to), 150ms)) seen.insert(to);
      return seen;
    };
    std::set<std::set<int>> views;
    for (int node = 0; node < 5; ++node) {
      views.insert(seen_by(node));
      require_that(seen_by(node).size() == 3, "a majority");
    }
    require_that(views.size() == 5, "no two see the same");
    require_that(reaches(client(scene), scene.node(0), 10s), "clients see all");
    heal(scene, ring);

    auto bridge = scene.inject("partition-bridge", "n1");
    require_active(bridge);
    require_that(seen_by(0).size() == 5, "the bridge sees all");
    for (int node = 1; node < 5; ++node) require_that(seen_by(node).size() == 3, "half, and the bridge");
    heal(scene, bridge);
    require_that(seen_by(3).size() == 5, "whole again");
  });
}

TEST_CASE("half-open connections are dead and silent, reset ones are told") {
  in_each_sandbox([](SandboxMode mode) {
    FaultScene scene(3, 0, mode, {}, kNodeTimeoutMs);
    Node& n1 = scene.node(0);
    const auto connect = [&] {
      std::unique_ptr<Connection> made;
      std::thread([&] {
        client(scene).enter();
        if (auto connection = n1.connect({300ms, 300ms}))
          made = std::make_unique<Connection>(std::move(*connection));
      }).join();
      require_that(made && made->call({"PING"}), "connected");
      return made;
    };
    const auto silent = connect();
    auto half_open = scene.inject("half-open", "n1");
    require_active(half_open);
    require_that(says(half_open.record, "connections forgotten"), half_open.record.evidence);
    const auto lost = silent->call({"PING"});
    require_that(!lost && lost.error().kind == ConnectionError::Kind::kTimeout, "no answer, and no word");
    require_that(reaches(client(scene), n1, 10s), "new connections work");
    heal(scene, half_open);

    const auto told = connect();
    const auto reset = scene.inject("reset", "n1", with({{"peers", "clients"}, {"port", "client"}}));
    require_active(reset);
    require_that(reset.record.verified_healed() && !reset.active, "over at once");
    require_that(says(reset.record, "connections reset"), reset.record.evidence);
    const auto ended = told->call({"PING"});
    require_that(!ended && ended.error().kind == ConnectionError::Kind::kClosed, "the client is told");
    require_that(reaches(client(scene), n1, 10s), "it connects again");
    const auto none = scene.inject("reset", "n1", with({{"peers", "clients"}, {"port", "bus"}}));
    require_that(!none.record.verified_active() && !none.record.error.empty(), "no client is on the bus");
  });
}

TEST_CASE("network faults injected and healed many times leave nothing") {
  in_each_sandbox([](SandboxMode mode) {
    FaultScene scene(3, 0, mode, {}, kNodeTimeoutMs);
    const Chatter traffic(scene.cluster(), client(scene));
    for (int cycle = 0; cycle < 10; ++cycle)
      for (const char* name : {"packet-delay", "cut-clients", "partition-one"}) {
        auto fault = scene.inject(name, "n1", Parameters());
        require_active(fault);
        if (cycle % 2 == 0) heal(scene, fault);
      }
    require_that(scene.cluster().host(0).drops() == 0 && scene.context().sandbox.degraded_links() == 0,
                 "neither rule nor link is left");
  });
}

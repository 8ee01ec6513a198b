#include "server/cluster/sim/scenario.h"

#include <fmt/format.h>

#include <cstdio>
#include <memory>

#include "server/cluster/sim/record.h"

namespace node::cluster::sim {
namespace {

constexpr Ms kFormationLimit = 60'000;
constexpr Ms kConvergenceLimit = 120'000;
constexpr Ms kLook = 500;
constexpr Ms kRecordedLook = 100;  // as the observer of a real run looks

class Story {
 public:
  Story(std::uint64_t seed, const Plan& plan)
      : plan_(plan),
        config_(make_config(seed, plan)),
        world_(seed, plan.masters * (1 + plan.replicas_each), config_) {
    outcome_.seed = seed;
    takeovers_ = world_.prng().chance(0.3);
    if (plan.verbose)
      world_.on_log = [](Ms at, int index, const std::string& text) {
        std::printf("%8.3f node %d: %s\n", static_cast<double>(at - 1'000'000) / 1000, index, text.c_str());
      };
  }

  Outcome tell() {
    if (form()) {
      start_record();
      const Ms begin = world_.now();
      trouble();
      heal();
      if (record_) record_->trouble(begin, world_.now());
      await_agreement();
      end_record();
    }
    if (world_.watch().violation()) outcome_.failure = *world_.watch().violation();
    outcome_.events = world_.events();
    outcome_.fingerprint = world_.fingerprint();
    outcome_.virtual_ms = world_.now() - 1'000'000;
    outcome_.votes = world_.watch().votes_seen();
    outcome_.promotions = world_.watch().promotions_seen();
    return outcome_;
  }

 private:
  static Config make_config(std::uint64_t seed, const Plan& plan) {
    Prng prng(seed ^ 0x5eed);
    Config config;
    config.node_timeout =
        plan.node_timeout != 0 ? plan.node_timeout : 500 + static_cast<Ms>(prng.below(2000));
    config.defects = plan.defects;
    config.migration_barrier = static_cast<int>(prng.below(2));
    config.allow_replica_migration = prng.chance(0.8);
    return config;
  }

  template <typename Done>
  bool wait(Ms limit, Done done) {
    const Ms deadline = world_.now() + limit;
    while (world_.now() < deadline && !world_.watch().violation()) {
      if (done()) return true;
      advance(world_.now() + kLook);
    }
    return done();
  }

  void start_record() {
    if (plan_.record == nullptr) return;
    record_ = std::make_unique<Record>(world_, plan_.record);
    world_.watch().close_eyes();
    record_->begin(outcome_.seed, config_.node_timeout, plan_.masters);
    record_->look();
  }

  void end_record() {
    if (!record_) return;
    const bool settled = outcome_.failure.empty() && !world_.watch().violation();
    const Ms settled_at = settled ? world_.now() : -1;
    advance(world_.now() + kLook);  // what is judged as the end is seen after that
    record_->end(settled_at);
  }

  /// The world goes on until then, and is looked at meanwhile when it is recorded.
  void advance(Ms then) {
    while (record_ && world_.now() + kRecordedLook <= then) {
      world_.run_until(world_.now() + kRecordedLook);
      record_->look();
    }
    world_.run_until(then);
  }

  bool form() {
    for (int i = 0; i < plan_.masters; ++i) {
      const int first = kSlotCount * i / plan_.masters, last = kSlotCount * (i + 1) / plan_.masters - 1;
      world_.command(i, fmt::format("addslotsrange {} {}", first, last));
    }
    for (int i = 0; i < world_.size(); ++i) world_.command(i, fmt::format("set-config-epoch {}", i + 1));
    for (int i = 1; i < world_.size(); ++i) world_.command(i, "meet 10.0.0.1 6379");
    const auto know_each_other = [this] { return !check_converged(world_.states()); };
    if (!wait(kFormationLimit, know_each_other)) return fail("the cluster did not form");
    for (int i = plan_.masters; i < world_.size(); ++i)
      world_.command(i, fmt::format("replicate {}", world_.node(i % plan_.masters).id.view()));
    const auto settled = [this] {
      for (const State* state : world_.states())
        for (int i = plan_.masters; i < world_.size(); ++i) {
          const Node* replica = state->find(world_.node(i).id);
          if (replica == nullptr || !replica->is_replica()) return false;
        }
      return !check_converged(world_.states());
    };
    return wait(kFormationLimit, settled) || fail("the replicas were not accepted");
  }

  void trouble() {
    const Ms end = world_.now() + plan_.trouble;
    while (world_.now() < end && !world_.watch().violation()) {
      one_fault();
      advance(world_.now() + 50 + static_cast<Ms>(world_.prng().below(3000)));
    }
  }

  int any() { return static_cast<int>(world_.prng().below(static_cast<std::uint64_t>(world_.size()))); }

  void one_fault() {
    Prng& prng = world_.prng();
    const int a = any(), b = any();
    switch (prng.below(plan_.admin ? 14 : 11)) {
      case 0:
        return world_.crash(a, prng.chance(0.5));
      case 1:
        return world_.crash_within_actions(a, prng.chance(0.5));
      case 2:
      case 3:
        return world_.restart(a);
      case 4:
        return world_.freeze(a, prng.chance(0.5));
      case 5:
        return isolate(prng.chance(0.5) ? 1 : world_.size() / 2);
      case 6:
        return world_.block(a, b, true);
      case 7:
        return world_.heal_network();
      case 8:
        return world_.break_connections(a, b);
      case 9:
        return world_.set_delays(1, static_cast<Ms>(prng.below(400)), prng.chance(0.5) ? 0.2 : 0);
      case 10:
        return restart_all();
      case 11:
        return fail_over_by_hand(a);
      case 12:
        return fail_over_by_hand(a);
      default:
        return move_slot(a, b);
    }
  }

  /// A minority, both ways: the first `count` of a shuffled order.
  void isolate(int count) {
    std::vector<int> order;
    for (int i = 0; i < world_.size(); ++i)
      order.insert(order.begin() + static_cast<std::ptrdiff_t>(world_.prng().below(order.size() + 1)), i);
    for (int i = 0; i < count; ++i)
      for (int j = count; j < world_.size(); ++j) {
        world_.block(order[i], order[j], true);
        world_.block(order[j], order[i], true);
      }
  }

  void restart_all() {
    for (int i = 0; i < world_.size(); ++i) {
      world_.restart(i);
      world_.freeze(i, false);
    }
  }

  void fail_over_by_hand(int index) {
    if (!world_.node(index).alive() || world_.node(index).frozen) return;
    constexpr std::string_view kWays[] = {"failover", "failover force", "failover takeover"};
    world_.command(index, kWays[world_.prng().below(takeovers_ ? 3 : 2)]);
  }

  /// redis-cli's way: importing, migrating, then the target first.
  void move_slot(int from, int to) {
    SimNode &source = world_.node(from), &target = world_.node(to);
    // redis-cli refuses to reshard a cluster that is not well. Who insists may lose a slot: the target of a
    // partition's other side takes it under an epoch that is too old to be believed, and the source claims it
    // no more.
    if (from == to || source.frozen || target.frozen || check_converged(world_.states())) return;
    if (!source.alive() || !target.alive()) return;
    const State& state = source.cluster->state();
    // A master's first or last slot changes who may vote, which inside a partition has the effect of a
    // takeover.
    if (state.myself->slot_count < 2 || target.cluster->state().myself->slot_count == 0) return;
    int slot = static_cast<int>(world_.prng().below(kSlotCount));
    while (state.owner[slot] != state.myself) slot = (slot + 1) % kSlotCount;
    const auto run = [&](int index, std::string_view what, const NodeId& id) {
      return !world_.node(index).alive() ||
             world_.command(index, fmt::format("setslot {} {} {}", slot, what, id.view())).is_error();
    };
    if (run(to, "importing", source.id) || run(from, "migrating", target.id)) return;
    if (run(to, "node", target.id)) return;
    run(from, "node", target.id);
  }

  void heal() {
    world_.heal_network();
    for (int a = 0; a < world_.size(); ++a) world_.freeze(a, false);
    restart_all();
    for (int a = 0; a < world_.size(); ++a) close_open_slots(a);
  }

  /// A migration that was cut short keeps its slot open until somebody mends it, as redis-cli --cluster fix
  /// does: a node does not believe claims about a slot that it imports itself.
  void close_open_slots(int index) {
    const State& state = world_.node(index).cluster->state();
    std::set<int> open;
    for (const auto& [slot, peer] : state.importing) open.insert(slot);
    for (const auto& [slot, peer] : state.migrating) open.insert(slot);
    for (int slot : open) world_.command(index, fmt::format("setslot {} stable", slot));
  }

  void await_agreement() {
    const Ms begin = world_.now();
    const auto agreed = [this] { return !check_converged(world_.states()); };
    const bool ok = wait(kConvergenceLimit, agreed) && !world_.watch().violation();
    outcome_.converged_after = world_.now() - begin;
    if (!ok) {
      fail("no agreement after healing: " + check_converged(world_.states()).value_or(""));
      return;
    }
    for (const State* state : world_.states())
      if (auto wrong = check_structure(*state)) fail(*wrong);
  }

  bool fail(std::string text) {
    if (outcome_.failure.empty()) outcome_.failure = std::move(text);
    for (int i = 0; plan_.verbose && i < world_.size(); ++i)
      if (world_.node(i).alive())
        std::printf("node %d:\n%s", i, world_.node(i).cluster->nodes_conf().c_str());
    return false;
  }

  Plan plan_;
  const Config config_;
  World world_;
  std::unique_ptr<Record> record_;  // null: the run is not recorded
  bool takeovers_ = false;          // they make the watch forgive, so only some seeds have them
  Outcome outcome_;
};

}  // namespace

Outcome run_seed(std::uint64_t seed, const Plan& plan) {
  return Story(seed, plan).tell();
}

}  // namespace node::cluster::sim

// One seed's story of strong mode.
#include <fmt/format.h>

#include "server/cluster/sim/strong_world.h"

namespace node::cluster::sim {
namespace {

constexpr Ms kFounding = 1500;
constexpr Ms kAfter = 4000;

int any(StrongWorld& world) {
  return static_cast<int>(world.prng().below(static_cast<std::uint64_t>(world.size())));
}

/// Some nodes on one side, the others on the other; one way or both.
void partition(StrongWorld& world) {
  const bool both = world.prng().chance(0.7);
  std::vector<bool> side;
  for (int i = 0; i < world.size(); ++i) side.push_back(world.prng().chance(0.35));
  for (int a = 0; a < world.size(); ++a)
    for (int b = 0; b < world.size(); ++b)
      if (side[static_cast<std::size_t>(a)] && !side[static_cast<std::size_t>(b)]) {
        world.block(a, b);
        if (both) world.block(b, a);
      }
}

/// All but one may be gone: the number of nodes that are down at once is bounded, or nothing would be
/// answered.
void crash_one(StrongWorld& world) {
  int down = 0;
  for (int i = 0; i < world.size(); ++i) down += world.alive(i) ? 0 : 1;
  if (down < 2) world.crash(any(world));
}

void one_fault(StrongWorld& world) {
  Prng& prng = world.prng();
  const int a = any(world), b = any(world);
  switch (prng.below(12)) {
    case 0:
      return crash_one(world);
    case 1:
    case 2:
    case 3:
      for (int i = 0; i < world.size(); ++i) world.restart(i);
      return;
    case 4:
    case 5:
      return world.freeze(a, true);
    case 6:
      for (int i = 0; i < world.size(); ++i) world.freeze(i, false);
      return;
    case 7:
      return partition(world);
    case 8:
      world.block(a, b);
      return;
    case 9:
      return world.set_network(prng.chance(0.5) ? 0.15 : 0.01, 0.1, static_cast<Ms>(prng.below(150)));
    case 10:
      return world.step_wall_clock(a, static_cast<Ms>(prng.below(4000)) - 2000);
    default:
      return world.heal();
  }
}

}  // namespace

StrongOutcome run_strong_seed(std::uint64_t seed, const StrongPlan& plan) {
  StrongWorld world(seed, plan);
  world.run_until(world.now() + kFounding);
  const Ms end = world.now() + plan.trouble;
  while (world.now() < end) {
    one_fault(world);
    world.run_until(world.now() + 20 + static_cast<Ms>(world.prng().below(500)));
  }
  world.heal();
  world.run_until(world.now() + kAfter);
  world.stop_clients();
  world.run_until(world.now() + kAfter / 2);
  StrongOutcome outcome{seed,
                        {},
                        world.answered(),
                        world.seats_taken(),
                        world.serving(),
                        world.shards(),
                        world.events(),
                        world.fingerprint(),
                        world.histories()};
  for (const auto& [key, history] : outcome.histories)
    if (outcome.failure.empty() && !linearizable(history))
      outcome.failure = fmt::format("the history of key {} is not linearizable", key);
  return outcome;
}

}  // namespace node::cluster::sim

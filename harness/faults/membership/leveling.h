// Which slots move where so that all masters have about as many.
#pragma once

#include <cstddef>
#include <vector>

namespace harness {

struct LevelingMove {
  std::size_t from = 0;  // which of the masters
  std::size_t to = 0;
  std::size_t slots = 0;
  bool operator==(const LevelingMove&) const = default;
};

/// As redis-cli's rebalance with equal weights: those above their share give, those below it take, nobody
/// does both, so that as few slots move as can be. A remainder stays with the fullest. `held`: the slots of
/// each master; `most`: no more than so many are moved.
std::vector<LevelingMove> leveling(const std::vector<std::size_t>& held, std::size_t most);

}  // namespace harness

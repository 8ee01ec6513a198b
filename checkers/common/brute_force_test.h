// An independent referee for tests: tries every order of a handful of operations, with no reduction at all.
// Only tests include it; it shares nothing with the algorithms that it judges.
#pragma once

#include <cstdint>
#include <vector>

#include "harness/core/history.h"

namespace harness {

/// Is there an order of `operations` (indices into the history) that respects precedence and in which each
/// step is allowed? Failed operations are left out by the caller; an info may be left out by the search.
/// `step(state, operation, next)`: whether the operation may follow, and the state after it.
template <typename State, typename Step>
bool brute_force(const std::vector<Operation>& operations, const State& state, const Step& step,
                 std::uint64_t done = 0) {
  bool all = true;
  for (std::size_t i = 0; i < operations.size(); ++i)
    all &= ((done >> i) & 1) != 0 || operations[i].outcome == Outcome::kInfo;
  if (all) return true;
  for (std::size_t i = 0; i < operations.size(); ++i) {
    if ((done >> i) & 1) continue;
    bool enabled = true;
    for (std::size_t j = 0; j < operations.size(); ++j)
      enabled &= ((done >> j) & 1) != 0 || !operations[j].precedes(operations[i]);
    if (!enabled) continue;
    State next = state;
    if (step(state, operations[i], next) && brute_force(operations, next, step, done | (1ULL << i)))
      return true;
  }
  return false;
}

}  // namespace harness

// From a plan that fails to a small one that still fails: steps and loads are left out and shortened for as
// long as the failure stays. Pure: whether a plan still fails is the caller's to find out
// (harness/verbs/shrink_command carries it out, often enough to tell).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "harness/core/plan.h"

namespace harness {

struct ShrinkHooks {
  /// Whether the plan still fails often enough; `change` says what was made smaller. May take minutes.
  std::function<bool(const Plan& plan, const std::string& change)> still_fails;
  /// Whether the plan can be carried out at all: else it is not tried.
  std::function<bool(const Plan& plan)> possible;
  /// Whether to stop with what there is.
  std::function<bool()> stop;
};

/// The smallest plan found. Each step costs time in all later tries, so they go first, and what gives the
/// shortest runs is tried first: nothing after the violation, no step at all, the last few before it; then
/// steps are left out by halves, quarters, down to single ones (Zeller's delta debugging), with the time that
/// they took. Then loads go, and what is left is shortened. `load_end` is when the load of the first run
/// ended, and `violation` when its violation showed itself (kNever: not known).
Plan shrink(const Plan& plan, Nanos load_end, Nanos violation, const ShrinkHooks& hooks);

/// The plan without these steps (by index): what heals one of them goes with it, and what began after one of
/// them begins after the step before.
Plan without_steps(const Plan& plan, const std::vector<std::size_t>& steps);

/// "12 steps, 2 loads, 36 clients, 30 s": what is smaller in a shrunk plan.
std::string size_text(const Plan& plan);

}  // namespace harness

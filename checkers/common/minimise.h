// Shrinks an impossible set of operations to a small one that is already impossible (Zeller & Hildebrandt's
// delta debugging, 2002), for witnesses that a person can read.
//
// Leaving an operation out must not make a history worse, or the witness would prove nothing. So the caller's
// `impossible` weakens what is left out instead of deleting it: a read is dropped, a write becomes
// indeterminate (it may happen at any time after its invocation, or never). A set that is impossible even
// then is wrong whatever the other operations did.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "checkers/common/explaining.h"

namespace harness {

/// How much to spend on a witness, in steps of searches and operations that they looked at. Cuts that succeed
/// pay for further ones, so a small witness is found whole, and a large one that resists costs little more
/// than the search that failed.
struct WitnessEffort {
  std::uint64_t left;
  std::uint64_t most;  // in all

  /// After a search of so many operations took so many steps.
  static WitnessEffort after(std::uint64_t steps, std::size_t operations) {
    return {20'000 + 3 * (steps + operations), 40'000 + 8 * (steps + operations)};
  }
  void spend(std::uint64_t cost, bool succeeded) {
    left -= std::min(left, cost);
    most -= std::min(most, cost);
    if (succeeded) left += 16 * cost;
    left = std::min(left, most);
  }
};

/// `impossible(kept, effort)`: true when keeping only those is still certainly impossible; false also when
/// the caller gave up; it spends the effort. `pure(i)`: an operation that changes nothing; these are cut
/// first, since leaving them out leaves no indeterminate operation behind. `likely`: a set to try
/// first. REQUIRES: all together are impossible. Returns the operations of a small kept set, in order.
template <typename Pure, typename Impossible>
std::vector<std::uint32_t> minimise(const std::vector<char>& likely, WitnessEffort effort, Pure pure,
                                    Impossible impossible) {
  const Explaining explaining;
  std::vector<char> kept(likely.size(), 1);
  if (likely != kept && impossible(likely, effort)) kept = likely;
  const auto cut = [&](bool pure_ones) {
    std::vector<std::uint32_t> order;
    for (std::uint32_t i = 0; i < kept.size(); ++i)
      if (kept[i] && pure(i) == pure_ones) order.push_back(i);
    std::vector<char> trial;
    for (std::size_t chunk = order.size();; chunk /= 2) {
      for (std::size_t end = order.size(); end > 0 && effort.left > 0;) {
        const std::size_t begin = end > chunk ? end - chunk : 0;
        trial = kept;
        for (std::size_t i = begin; i < end; ++i) trial[order[i]] = 0;
        if (trial != kept && impossible(trial, effort)) kept = trial;
        end = begin;
      }
      if (chunk <= 1) break;
    }
  };
  cut(true);
  cut(false);
  cut(true);
  std::vector<std::uint32_t> out;
  for (std::uint32_t i = 0; i < kept.size(); ++i)
    if (kept[i]) out.push_back(i);
  return out;
}

}  // namespace harness

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

namespace harness {

/// `impossible(kept)`: true when keeping only those is still certainly impossible; false also when the caller
/// gave up. REQUIRES: impossible(all ones). Returns the operations of a small kept set, in order.
template <typename Impossible>
std::vector<std::uint32_t> minimise(std::size_t operations, Impossible impossible) {
  std::vector<char> kept(operations, 1);
  // Whatever comes after the first impossible prefix is noise: try large cuts first, from the end.
  for (std::size_t chunk = std::max<std::size_t>(operations / 2, 1);; chunk /= 2) {
    for (std::size_t end = operations; end > 0;) {
      const std::size_t begin = end > chunk ? end - chunk : 0;
      std::vector<char> trial = kept;
      std::fill(trial.begin() + static_cast<std::ptrdiff_t>(begin),
                trial.begin() + static_cast<std::ptrdiff_t>(end), 0);
      if (trial != kept && impossible(trial)) kept = std::move(trial);
      end = begin;
    }
    if (chunk == 1) break;
  }
  std::vector<std::uint32_t> out;
  for (std::uint32_t i = 0; i < operations; ++i)
    if (kept[i]) out.push_back(i);
  return out;
}

}  // namespace harness

// A seeded, splittable, portable random number generator (xoshiro256**, seeded through splitmix64; Blackman &
// Vigna 2018). The same seed gives the same numbers on every machine and compiler, which std's distributions
// do not promise. One u64 seed gives every random choice of a run its own stream: split() by name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace harness {

class Prng {
 public:
  explicit Prng(std::uint64_t seed);

  /// An independent stream, a pure function of this stream's seed and the name (not of how much was drawn).
  Prng split(std::string_view name) const;
  Prng split(std::string_view name, std::uint64_t number) const;

  std::uint64_t next();
  /// Uniform in [0, bound). REQUIRES: bound > 0.
  std::uint64_t below(std::uint64_t bound);
  /// Uniform in [low, high], both included. REQUIRES: low <= high.
  std::int64_t between(std::int64_t low, std::int64_t high);
  /// Uniform in [0, 1).
  double unit();
  bool chance(double probability) { return unit() < probability; }

  template <typename T>
  const T& pick(std::span<const T> items) {
    return items[below(items.size())];
  }
  template <typename Container>
  void shuffle(Container& items) {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(i)]);
  }

 private:
  std::uint64_t seed_;
  std::uint64_t state_[4];
};

}  // namespace harness

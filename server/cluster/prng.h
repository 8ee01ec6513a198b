// Seeded random numbers (xoshiro256**, seeded through splitmix64; Blackman & Vigna 2018): the only source of
// chance in the cluster rooms, so that one seed repeats a whole simulation.
#pragma once

#include <bit>
#include <cstdint>
#include <string>

namespace node {

class Prng {
 public:
  explicit Prng(std::uint64_t seed) {
    for (std::uint64_t& word : state_) {
      seed += 0x9e3779b97f4a7c15;
      std::uint64_t z = seed;
      z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
      z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
      word = z ^ (z >> 31);
    }
  }
  std::uint64_t next() {
    const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }
  /// In [0, bound). REQUIRES: bound > 0. The modulo's bias is below 2^-40 for the bounds used here.
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }
  bool chance(double probability) { return static_cast<double>(next() >> 11) * 0x1p-53 < probability; }
  /// count characters of [0-9a-f], as node ids and replication ids are made of.
  std::string hex(int count) {
    std::string text;
    for (int i = 0; i < count; ++i) text += "0123456789abcdef"[next() & 15];
    return text;
  }

 private:
  std::uint64_t state_[4];
};

}  // namespace node

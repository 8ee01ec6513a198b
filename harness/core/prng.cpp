#include "harness/core/prng.h"

#include <bit>

#include "harness/core/check.h"

namespace harness {
namespace {

std::uint64_t splitmix64(std::uint64_t& state) {
  std::uint64_t z = (state += 0x9e3779b97f4a7c15ULL);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

__extension__ typedef unsigned __int128 Uint128;

/// FNV-1a, so that a stream's name is part of its seed.
std::uint64_t hash_name(std::string_view name) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (unsigned char c : name) hash = (hash ^ c) * 0x100000001b3ULL;
  return hash;
}

}  // namespace

Prng::Prng(std::uint64_t seed) : seed_(seed) {
  std::uint64_t state = seed;
  for (std::uint64_t& word : state_) word = splitmix64(state);
}

Prng Prng::split(std::string_view name) const {
  return split(name, 0);
}

Prng Prng::split(std::string_view name, std::uint64_t number) const {
  std::uint64_t state = seed_ ^ hash_name(name);
  std::uint64_t mixed = splitmix64(state) + number;
  return Prng(splitmix64(mixed));
}

std::uint64_t Prng::next() {
  const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const std::uint64_t t = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= t;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

std::uint64_t Prng::below(std::uint64_t bound) {
  CHECK_THAT_HOLDS(bound > 0, "Prng::below");
  // Lemire's multiply-shift with rejection: unbiased, and seldom more than one draw.
  for (;;) {
    const std::uint64_t x = next();
    const auto product = static_cast<Uint128>(x) * bound;
    const auto low = static_cast<std::uint64_t>(product);
    if (low >= bound || low >= (0 - bound) % bound) return static_cast<std::uint64_t>(product >> 64);
  }
}

std::int64_t Prng::between(std::int64_t low, std::int64_t high) {
  CHECK_THAT_HOLDS(low <= high, "Prng::between");
  // Unsigned, since the difference of two signed numbers may not fit in one.
  const std::uint64_t count = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low) + 1;
  const std::uint64_t offset = count == 0 ? next() : below(count);  // 0: all there are
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + offset);
}

double Prng::unit() {
  return static_cast<double>(next() >> 11) * 0x1.0p-53;
}

}  // namespace harness

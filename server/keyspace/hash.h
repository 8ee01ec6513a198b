/// The hash of byte strings behind every table of the keyspace, and the generator behind every random choice.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace node {

/// Random per process, so that nobody can prepare colliding keys. Set once, before the first table exists.
inline std::uint64_t hash_seed = 0x9e3779b97f4a7c15ULL;

namespace detail {
inline std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}
inline std::uint64_t load(const char* p, std::size_t n) {
  std::uint64_t value = 0;
  std::memcpy(&value, p, n);
  return value;
}
}  // namespace detail

/// A folded-multiply hash: 16 bytes a step, the length mixed in at the end.
inline std::uint64_t hash_bytes(std::string_view s) {
  constexpr std::uint64_t k0 = 0xa0761d6478bd642fULL, k1 = 0xe7037ed1a0b428dbULL;
  const char* p = s.data();
  std::size_t n = s.size();
  std::uint64_t h = hash_seed;
  for (; n > 16; p += 16, n -= 16) h = detail::fold(detail::load(p, 8) ^ k0, detail::load(p + 8, 8) ^ h);
  std::uint64_t a = 0, b = 0;
  if (n > 8) {
    a = detail::load(p, 8);
    b = detail::load(p + 8, n - 8);
  } else if (n > 0) {
    a = detail::load(p, n);
  }
  return detail::fold(detail::fold(a ^ k1, b ^ h) ^ k0, s.size() ^ k1);
}

/// splitmix64: enough for sampling, eviction and skip list levels.
class Random {
 public:
  explicit Random(std::uint64_t seed = 1) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  std::uint64_t below(std::uint64_t n) { return n ? next() % n : 0; }

 private:
  std::uint64_t state_;
};

inline Random& random_source() {
  static Random source(hash_seed);
  return source;
}

}  // namespace node

#include "server/acl/sha256.h"

#include <array>
#include <bit>
#include <cstdint>

namespace node {

namespace {

using Word = std::uint32_t;
__extension__ typedef unsigned __int128 Wide;

constexpr int kRounds = 64;
constexpr std::size_t kBlock = 64;

/// floor(2^32 · frac(prime^(1/root))): where the standard takes its constants from, computed without
/// rounding.
constexpr Word fraction_of_root(unsigned prime, int root) {
  // The largest x with x^root <= prime · 2^(32·root), bit by bit; its low 32 bits are the fraction's.
  std::uint64_t x = 0;
  for (int bit = 36; bit >= 0; --bit) {
    const std::uint64_t next = x | std::uint64_t{1} << bit;
    bool fits;
    if (root == 2) {
      fits = Wide{next} * next <= Wide{prime} << 64;
    } else {
      // next^3 <= prime · 2^96, with next below 2^36: the cube has up to 108 bits.
      fits = Wide{next} * next * next <= Wide{prime} << 96;
    }
    if (fits) x = next;
  }
  return static_cast<Word>(x);
}

struct Constants {
  std::array<Word, 8> start{};
  std::array<Word, kRounds> round{};
};

constexpr Constants make_constants() {
  Constants c;
  unsigned found = 0;
  for (unsigned n = 2; found < kRounds; ++n) {
    bool prime = true;
    for (unsigned d = 2; d * d <= n; ++d) prime &= n % d != 0;
    if (!prime) continue;
    if (found < c.start.size()) c.start[found] = fraction_of_root(n, 2);
    c.round[found++] = fraction_of_root(n, 3);
  }
  return c;
}

constexpr Constants kConstants = make_constants();

void absorb(std::array<Word, 8>& state, const unsigned char* block) {
  std::array<Word, kRounds> w{};
  for (std::size_t i = 0; i < 16; ++i)
    w[i] = Word{block[4 * i]} << 24 | Word{block[4 * i + 1]} << 16 | Word{block[4 * i + 2]} << 8 |
           block[4 * i + 3];
  for (std::size_t i = 16; i < kRounds; ++i) {
    const Word a = w[i - 15], b = w[i - 2];
    w[i] = w[i - 16] + (std::rotr(a, 7) ^ std::rotr(a, 18) ^ a >> 3) + w[i - 7] +
           (std::rotr(b, 17) ^ std::rotr(b, 19) ^ b >> 10);
  }
  auto [a, b, c, d, e, f, g, h] = state;
  for (std::size_t i = 0; i < kRounds; ++i) {
    const Word one = h + (std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25)) + ((e & f) ^ (~e & g)) +
                     kConstants.round[i] + w[i];
    const Word two = (std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    h = g, g = f, f = e, e = d + one, d = c, c = b, b = a, a = one + two;
  }
  const std::array<Word, 8> add{a, b, c, d, e, f, g, h};
  for (std::size_t i = 0; i < state.size(); ++i) state[i] += add[i];
}

}  // namespace

std::string sha256_hex(std::string_view text) {
  std::string bytes(text);
  bytes += '\x80';
  while (bytes.size() % kBlock != kBlock - 8) bytes += '\0';
  for (int shift = 56; shift >= 0; shift -= 8)
    bytes += static_cast<char>(static_cast<std::uint64_t>(text.size()) * 8 >> shift);
  std::array<Word, 8> state = kConstants.start;
  for (std::size_t at = 0; at < bytes.size(); at += kBlock)
    absorb(state, reinterpret_cast<const unsigned char*>(bytes.data()) + at);
  std::string hex;
  for (const Word word : state)
    for (int shift = 28; shift >= 0; shift -= 4) hex += "0123456789abcdef"[word >> shift & 15];
  return hex;
}

}  // namespace node

#include "server/keyspace/hyperloglog.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace node::hll {

namespace {

constexpr std::string_view kMagic = "HYLL";
constexpr std::size_t kFormAt = 4, kCacheAt = 8, kStaleAt = 15;
/// Bits of the hash that pick the register, and those whose trailing zeros are counted.
constexpr int kIndexBits = 14, kRunBits = 64 - kIndexBits;
constexpr std::size_t kZeroMax = 64, kLongZeroMax = 16384, kLevelRunMax = 4;
constexpr std::uint8_t kSparseLevelMax = 32;

std::uint8_t byte_at(std::string_view s, std::size_t at) {
  return at < s.size() ? static_cast<std::uint8_t>(s[at]) : 0;
}

/// MurmurHash64A (Austin Appleby, public domain), little-endian words.
std::uint64_t murmur64(std::string_view text) {
  constexpr std::uint64_t m = 0xc6a4a7935bd1e995ULL, seed = 0xadc83b19ULL;
  constexpr int r = 47;
  std::uint64_t h = seed ^ (text.size() * m);
  std::size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    std::uint64_t k;
    std::memcpy(&k, text.data() + at, 8);
    k *= m;
    k ^= k >> r;
    k *= m;
    h = (h ^ k) * m;
  }
  if (at < text.size()) {
    std::uint64_t rest = 0;
    std::memcpy(&rest, text.data() + at, text.size() - at);
    h = (h ^ rest) * m;
  }
  h ^= h >> r;
  h *= m;
  return h ^ (h >> r);
}

/// One run of the sparse form.
struct Run {
  std::uint8_t level = 0;
  std::size_t length = 0;
  std::size_t bytes = 1;
  bool zero() const { return level == 0; }
};

Run run_at(std::string_view value, std::size_t at) {
  const std::uint8_t b = byte_at(value, at);
  if (b & 0x80) return {static_cast<std::uint8_t>(((b >> 2) & 31) + 1), (b & 3u) + 1u, 1};
  if (b & 0x40) return {0, ((b & 63u) << 8 | byte_at(value, at + 1)) + 1u, 2};
  return {0, (b & 63u) + 1u, 1};
}

void append_run(std::string& out, std::uint8_t level, std::size_t length) {
  if (length == 0) return;
  const std::size_t n = length - 1;
  if (level) {
    out.push_back(static_cast<char>(0x80 | (level - 1) << 2 | static_cast<int>(n)));
  } else if (length <= kZeroMax) {
    out.push_back(static_cast<char>(n));
  } else {
    out.push_back(static_cast<char>(0x40 | n >> 8));
    out.push_back(static_cast<char>(n));
  }
}

/// Calls visit(first register, run) for each; false when the runs do not cover the registers exactly.
template <class Visit>
bool for_runs(std::string_view value, Visit&& visit) {
  std::size_t first = 0;
  for (std::size_t at = kHeader; at < value.size();) {
    const Run run = run_at(value, at);
    if (first + run.length > kRegisters) return false;
    visit(first, run);
    first += run.length;
    at += run.bytes;
  }
  return first == kRegisters;
}

void set_dense(std::string& value, std::size_t index, std::uint8_t level) {
  const std::size_t bit = index * 6, at = kHeader + bit / 8, shift = bit % 8;
  auto put = [&](std::size_t where, unsigned mask, unsigned bits) {
    value[where] = static_cast<char>((static_cast<std::uint8_t>(value[where]) & ~mask) | bits);
  };
  put(at, 63u << shift & 0xff, static_cast<unsigned>(level) << shift & 0xff);
  if (shift > 2) put(at + 1, 63u >> (8 - shift), static_cast<unsigned>(level) >> (8 - shift));
}

/// How many of the registers hold each level.
using Histogram = std::array<std::uint32_t, 64>;

/// The improved raw estimator of O. Ertl, "New cardinality estimation algorithms for HyperLogLog sketches"
/// (arXiv:1702.01284), algorithm 6, with its sigma and tau.
double sigma(double x) {
  if (x == 1) return std::numeric_limits<double>::infinity();
  double z = x, y = 1, before;
  do {
    x *= x;
    before = z;
    z += x * y;
    y += y;
  } while (z != before);
  return z;
}

double tau(double x) {
  if (x == 0 || x == 1) return 0;
  double z = 1 - x, y = 1, before;
  do {
    x = std::sqrt(x);
    before = z;
    y *= 0.5;
    z -= (1 - x) * (1 - x) * y;
  } while (z != before);
  return z / 3;
}

std::uint64_t estimate_of(const Histogram& count) {
  constexpr double alpha = 0.721347520444481703680;  // 1 / (2 ln 2)
  constexpr double m = kRegisters;
  double z = m * tau((m - count[kRunBits + 1]) / m);
  for (std::size_t level = kRunBits; level >= 1; --level) z = (z + count[level]) * 0.5;
  z += m * sigma(count[0] / m);
  return static_cast<std::uint64_t>(std::llroundl(alpha * m * m / z));
}

/// Neighbours of equal level become one run, as far as a run holds them: looked for at most five places from
/// `at` on, which is where a change can have made them.
void join_runs(std::string& value, std::size_t at) {
  for (int step = 0; step < 5 && at < value.size(); ++step) {
    const Run run = run_at(value, at);
    if (!run.zero() && at + 1 < value.size()) {
      const Run following = run_at(value, at + 1);
      if (following.level == run.level && run.length + following.length <= kLevelRunMax) {
        std::string joined;
        append_run(joined, run.level, run.length + following.length);
        value.replace(at, 2, joined);
        continue;
      }
    }
    at += run.bytes;
  }
}

Raised raise_as_dense(std::string& value, std::size_t index, std::uint8_t level) {
  if (!make_dense(value)) return Raised::corrupt;
  if (dense_register(value, index) >= level) return Raised::no;
  set_dense(value, index, level);
  return Raised::yes;
}

Raised raise_sparse(std::string& value, std::size_t index, std::uint8_t level, std::size_t sparse_max) {
  if (level > kSparseLevelMax) return raise_as_dense(value, index, level);
  // The run that covers the register, where it begins, and the one before it.
  std::size_t at = kHeader, before = kHeader, first = 0;
  Run run;
  for (;; first += run.length, before = at, at += run.bytes) {
    if (at >= value.size()) return Raised::corrupt;
    run = run_at(value, at);
    if (index < first + run.length) break;
  }
  if (run.level >= level) return Raised::no;

  std::string fresh;
  append_run(fresh, run.level, index - first);
  append_run(fresh, level, 1);
  append_run(fresh, run.level, first + run.length - 1 - index);
  const std::size_t size = value.size() - run.bytes + fresh.size();
  if (fresh.size() > run.bytes && size > sparse_max) return raise_as_dense(value, index, level);
  value.replace(at, run.bytes, fresh);
  value.resize(size);  // shorter only when the last run was cut off in its middle
  join_runs(value, before);
  forget_estimate(value);
  return Raised::yes;
}

}  // namespace

std::string make() {
  std::string value(kHeader, '\0');
  value.replace(0, kMagic.size(), kMagic);
  value[kFormAt] = static_cast<char>(Form::sparse);
  static_assert(kRegisters == kLongZeroMax);
  append_run(value, 0, kRegisters);
  return value;
}

bool recognised(std::string_view value) {
  if (value.size() < kHeader || !value.starts_with(kMagic)) return false;
  if (byte_at(value, kFormAt) > static_cast<std::uint8_t>(Form::sparse)) return false;
  return form_of(value) == Form::sparse || value.size() == kDenseSize;
}

Form form_of(std::string_view value) {
  return static_cast<Form>(value[kFormAt]);
}

Raised add(std::string& value, std::string_view element, std::size_t sparse_max) {
  const std::uint64_t hash = murmur64(element);
  // The guard bit ends the run of zeros where the hash has no more bits.
  const std::uint64_t rest = hash >> kIndexBits | 1ULL << kRunBits;
  return raise(value, hash % kRegisters, static_cast<std::uint8_t>(std::countr_zero(rest) + 1), sparse_max);
}

Raised raise(std::string& value, std::size_t index, std::uint8_t level, std::size_t sparse_max) {
  return form_of(value) == Form::dense ? raise_as_dense(value, index, level)
                                       : raise_sparse(value, index, level, sparse_max);
}

bool make_dense(std::string& value) {
  if (form_of(value) == Form::dense) return true;
  std::string dense(kDenseSize, '\0');
  dense.replace(0, kHeader, value, 0, kHeader);
  dense[kFormAt] = static_cast<char>(Form::dense);
  const bool whole = for_runs(value, [&](std::size_t first, const Run& run) {
    if (!run.zero())
      for (std::size_t i = 0; i < run.length; ++i) set_dense(dense, first + i, run.level);
  });
  if (whole) value = std::move(dense);
  return whole;
}

bool merge_into(Registers& max, std::string_view value) {
  if (form_of(value) == Form::sparse)
    return for_runs(value, [&](std::size_t first, const Run& run) {
      for (std::size_t i = 0; i < run.length && !run.zero(); ++i)
        max[first + i] = std::max(max[first + i], run.level);
    });
  for (std::size_t i = 0; i < kRegisters; ++i) max[i] = std::max(max[i], dense_register(value, i));
  return true;
}

std::optional<std::uint64_t> estimate(std::string_view value) {
  Histogram count{};
  if (form_of(value) == Form::dense) {
    for (std::size_t i = 0; i < kRegisters; ++i) ++count[dense_register(value, i)];
  } else if (!for_runs(value, [&](std::size_t, const Run& run) {
               count[run.level] += static_cast<std::uint32_t>(run.length);
             })) {
    return std::nullopt;
  }
  return estimate_of(count);
}

std::uint64_t estimate(const Registers& registers) {
  Histogram count{};
  for (const std::uint8_t level : registers) ++count[level];
  return estimate_of(count);
}

std::optional<std::uint64_t> cached(std::string_view value) {
  if (byte_at(value, kStaleAt) & 0x80) return std::nullopt;
  std::uint64_t n = 0;
  for (std::size_t i = 0; i < 8; ++i)
    n |= static_cast<std::uint64_t>(byte_at(value, kCacheAt + i)) << (8 * i);
  return n;
}

void keep_estimate(std::string& value, std::uint64_t n) {
  for (std::size_t i = 0; i < 8; ++i) value[kCacheAt + i] = static_cast<char>(n >> (8 * i));
}

void forget_estimate(std::string& value) {
  value[kStaleAt] = static_cast<char>(byte_at(value, kStaleAt) | 0x80);
}

std::uint8_t dense_register(std::string_view value, std::size_t index) {
  const std::size_t bit = index * 6, at = kHeader + bit / 8;
  const unsigned pair = byte_at(value, at) | static_cast<unsigned>(byte_at(value, at + 1)) << 8;
  return static_cast<std::uint8_t>(pair >> (bit % 8) & 63);
}

std::string describe(std::string_view value) {
  std::string out;
  for (std::size_t at = kHeader; at < value.size();) {
    const Run run = run_at(value, at);
    if (!out.empty()) out += ' ';
    if (run.zero())
      out += std::string(run.bytes == 2 ? "Z:" : "z:") + std::to_string(run.length);
    else
      out += "v:" + std::to_string(run.level) + "," + std::to_string(run.length);
    at += run.bytes;
  }
  return out;
}

}  // namespace node::hll

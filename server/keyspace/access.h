/// What an entry remembers of its use, in 31 bits: when it was used last (unix seconds) or, under an LFU
/// policy, how often: the minute of the last use (16 bits) above a logarithmic counter (8 bits). A change of
/// the policy reads the one as the other; use puts that right.
#pragma once

#include <algorithm>
#include <cstdint>

#include "server/keyspace/hash.h"

namespace node {

/// One set for the process; the configuration writes it.
struct AccessTracking {
  bool frequency = false;  ///< an LFU policy is chosen
  bool recency = false;    ///< an LRU policy is chosen: dump files carry idle times
  std::int64_t log_factor = 10;
  std::int64_t decay_minutes = 1;  ///< 0: counters never fall
};

inline AccessTracking access_tracking;

namespace access {

/// A new key is not the first to go: it begins with some credit.
inline constexpr std::uint32_t kFirstCount = 5;

inline std::uint32_t seconds(std::int64_t now_ms) {
  return static_cast<std::uint32_t>(now_ms / 1000) & 0x7FFFFFFF;
}
inline std::uint32_t with_count(std::uint32_t count, std::int64_t now_ms) {
  return static_cast<std::uint32_t>(now_ms / 60000 & 0xFFFF) << 8 | count;
}

/// The counter as it is now: one less for each period of decay since the last use.
inline std::uint32_t count(std::uint32_t accessed, std::int64_t now_ms) {
  const std::uint32_t counted = accessed & 0xFF;
  if (access_tracking.decay_minutes <= 0) return counted;
  const auto now = static_cast<std::uint32_t>(now_ms / 60000 & 0xFFFF), then = accessed >> 8 & 0xFFFF;
  const std::uint32_t elapsed = now >= then ? now - then : 0xFFFF - then + now;
  const auto periods = static_cast<std::uint32_t>(elapsed / access_tracking.decay_minutes);
  return counted - std::min(counted, periods);
}

inline std::int64_t idle_seconds(std::uint32_t accessed, std::int64_t now_ms) {
  return std::max<std::int64_t>(0, now_ms / 1000 - accessed);
}

inline std::uint32_t counted_again(std::uint32_t before, std::int64_t now_ms) {
  std::uint32_t n = count(before, now_ms);
  // The higher it stands, the less likely it rises.
  const std::uint64_t above = n > kFirstCount ? n - kFirstCount : 0;
  const double chance =
      1 / (static_cast<double>(above) * static_cast<double>(access_tracking.log_factor) + 1);
  constexpr std::uint64_t kDraws = 1ULL << 32;
  if (n < 255 && static_cast<double>(random_source().below(kDraws)) < chance * static_cast<double>(kDraws))
    ++n;
  return with_count(n, now_ms);
}

/// Of a key that is made now.
inline std::uint32_t first(std::int64_t now_ms) {
  return access_tracking.frequency ? with_count(kFirstCount, now_ms) : seconds(now_ms);
}
/// Of a key that is used now.
inline std::uint32_t again(std::uint32_t before, std::int64_t now_ms) {
  return access_tracking.frequency ? counted_again(before, now_ms) : seconds(now_ms);
}

}  // namespace access
}  // namespace node

// Time in a run: monotonic nanoseconds since the run began.
#pragma once

#include <cstdint>
#include <limits>

namespace harness {

using Nanos = std::int64_t;

/// The completion time of an operation that never completed: it may take effect at any later time.
inline constexpr Nanos kNever = std::numeric_limits<Nanos>::max();

inline constexpr Nanos kMicrosecond = 1'000;
inline constexpr Nanos kMillisecond = 1'000'000;
inline constexpr Nanos kSecond = 1'000'000'000;

constexpr double to_ms(Nanos t) {
  return static_cast<double>(t) / static_cast<double>(kMillisecond);
}
constexpr double to_seconds(Nanos t) {
  return static_cast<double>(t) / static_cast<double>(kSecond);
}

}  // namespace harness

/// How long things took: a histogram for each command, and the events that latency-monitor-threshold asks to
/// keep.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>

namespace node {

/// Counts by powers of two: bucket i holds what took more than 2^(i-1) and at most 2^i microseconds.
class LatencyHistogram {
 public:
  void add(std::int64_t usec) {
    const auto n = static_cast<std::uint64_t>(usec < 1 ? 1 : usec);
    const int bucket = std::bit_width(n - 1);
    ++buckets_[static_cast<std::size_t>(bucket < kBuckets ? bucket : kBuckets - 1)];
  }
  bool empty() const {
    return std::all_of(buckets_.begin(), buckets_.end(), [](std::uint32_t n) { return n == 0; });
  }
  static constexpr int kBuckets = 31;
  std::uint32_t at(int bucket) const { return buckets_[static_cast<std::size_t>(bucket)]; }

 private:
  std::array<std::uint32_t, kBuckets> buckets_{};
};

/// Events by name: at most one sample a second, the longest of it.
class LatencyEvents {
 public:
  struct Sample {
    std::int64_t time_s, ms;
  };
  struct Series {
    std::deque<Sample> samples;
    std::int64_t max_ms = 0;
  };
  void add(std::string_view event, std::int64_t time_s, std::int64_t ms);
  const std::map<std::string, Series, std::less<>>& all() const { return events_; }
  bool forget(std::string_view event);

 private:
  static constexpr std::size_t kKept = 160;
  std::map<std::string, Series, std::less<>> events_;
};

}  // namespace node

/// How long things took: a histogram for each command, and the events that latency-monitor-threshold asks to
/// keep.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace node {

/// How long calls took, to two digits, up to a second: the classes of an HDR histogram of nanoseconds, since
/// that is what redis counts in, so that both tell the same percentiles and buckets of the same calls.
class LatencyHistogram {
 public:
  void add(std::int64_t usec) {
    if (counts_.empty()) counts_.resize(kClasses);
    ++counts_[class_of(static_cast<std::uint64_t>(std::clamp<std::int64_t>(usec * 1000, 1, kMostNs)))];
  }
  bool empty() const { return counts_.empty(); }
  /// The time in microseconds within which so many percent of the calls were done. REQUIRES: not empty.
  double percentile(double percent) const;
  struct Bucket {
    std::int64_t usec;    ///< its upper end: about a power of two
    std::uint64_t calls;  ///< that took no longer
  };
  /// Those that hold a call.
  std::vector<Bucket> buckets() const;

 private:
  static constexpr std::int64_t kMostNs = 1'000'000'000;
  static constexpr std::size_t kClasses = 3072;
  /// 256 classes of 1 ns, then 128 for each further power of two.
  static std::size_t class_of(std::uint64_t ns) {
    const int shift = ns < 256 ? 0 : static_cast<int>(std::bit_width(ns)) - 8;
    return static_cast<std::size_t>(shift) * 128 + (ns >> shift);
  }
  /// The highest number of nanoseconds in a class.
  static std::uint64_t end_of(std::size_t number);

  std::vector<std::uint32_t> counts_;  ///< none until the first call
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

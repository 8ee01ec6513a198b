#include "server/engine/latency.h"

#include <algorithm>

namespace node {

std::uint64_t LatencyHistogram::end_of(std::size_t number) {
  if (number < 256) return number;
  const std::size_t shift = number / 128 - 1, first = number % 128 + 128;
  return ((first + 1) << shift) - 1;
}

double LatencyHistogram::percentile(double percent) const {
  std::uint64_t total = 0, seen = 0;
  for (const std::uint32_t n : counts_) total += n;
  const auto wanted = std::max<std::uint64_t>(
      1, static_cast<std::uint64_t>(percent / 100 * static_cast<double>(total) + 0.5));
  std::size_t number = 0;
  for (; number + 1 < counts_.size(); ++number)
    if ((seen += counts_[number]) >= wanted) break;
  return static_cast<double>(end_of(number)) / 1000;
}

std::vector<LatencyHistogram::Bucket> LatencyHistogram::buckets() const {
  std::vector<Bucket> found;
  std::uint64_t calls = 0, told = 0, level = 1024;
  for (std::size_t number = 0; number < counts_.size(); ++number) {
    calls += counts_[number];
    const bool last = number + 1 == counts_.size();
    if (number != class_of(level) && !last) continue;
    if (calls > told) found.push_back({static_cast<std::int64_t>(end_of(number) / 1000), calls});
    told = calls;
    level *= 2;
  }
  return found;
}

void LatencyEvents::add(std::string_view event, std::int64_t time_s, std::int64_t ms) {
  auto it = events_.find(event);
  if (it == events_.end()) it = events_.emplace(std::string(event), Series{}).first;
  Series& series = it->second;
  series.max_ms = std::max(series.max_ms, ms);
  if (!series.samples.empty() && series.samples.back().time_s == time_s) {
    series.samples.back().ms = std::max(series.samples.back().ms, ms);
    return;
  }
  series.samples.push_back({time_s, ms});
  if (series.samples.size() > kKept) series.samples.pop_front();
}

bool LatencyEvents::forget(std::string_view event) {
  const auto it = events_.find(event);
  if (it == events_.end()) return false;
  events_.erase(it);
  return true;
}

}  // namespace node

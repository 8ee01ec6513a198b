#include "server/engine/latency.h"

#include <algorithm>

namespace node {

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

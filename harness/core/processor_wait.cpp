#include "harness/core/processor_wait.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>

namespace harness {
namespace {

constexpr Nanos kLongWaitPart = 2;  // of a window
constexpr Nanos kLongRunPart = 4;

/// The part of the span's amount that fell to the time from `begin` on, as if it had come evenly.
Nanos part_since(const ProcessorWait& span, Nanos amount, Nanos begin) {
  if (span.from >= begin) return amount;
  const double part = static_cast<double>(span.until - begin) /
                      static_cast<double>(std::max<Nanos>(1, span.until - span.from));
  return static_cast<Nanos>(static_cast<double>(amount) * std::clamp(part, 0.0, 1.0));
}

/// `spans`: of one node, in order of their end.
void add_windows(std::span<const ProcessorWait> spans, Nanos window, std::vector<ProcessorWait>& found) {
  for (std::size_t last = 0; last < spans.size(); ++last) {
    const Nanos until = spans[last].until;
    ProcessorWait sum{spans[last].node, std::min(until - window, spans[last].from), until, 0, 0};
    const Nanos length = until - sum.from;
    for (std::size_t i = last + 1; i-- > 0 && spans[i].until > sum.from;) {
      sum.waited += part_since(spans[i], spans[i].waited, sum.from);
      sum.ran += part_since(spans[i], spans[i].ran, sum.from);
    }
    if (sum.waited * kLongWaitPart > length && sum.ran * kLongRunPart < length) found.push_back(sum);
  }
}

}  // namespace

std::vector<ProcessorWait> starved_windows(std::span<const ProcessorWait> waits, Nanos window) {
  std::map<int, std::vector<ProcessorWait>> by_node;
  for (const ProcessorWait& wait : waits) by_node[wait.node].push_back(wait);
  std::vector<ProcessorWait> found;
  for (auto& [node, spans] : by_node) {
    std::ranges::stable_sort(spans, {}, &ProcessorWait::until);
    add_windows(spans, window, found);
  }
  return found;
}

const ProcessorWait* worst_within(std::span<const ProcessorWait> windows, Nanos from, Nanos until) {
  const ProcessorWait* worst = nullptr;
  for (const ProcessorWait& window : windows)
    if (window.from <= until && window.until >= from && (worst == nullptr || window.waited > worst->waited))
      worst = &window;
  return worst;
}

Nanos starvation_reach(Nanos node_timeout) {
  const Nanos recovery = 2 * node_timeout + kSecond;
  const Nanos lost_election = std::max<Nanos>(4 * node_timeout, 4 * kSecond) + kSecond;
  return 4 * node_timeout + recovery + lost_election + kSecond;
}

Nanos time_without(std::span<const ProcessorWait> windows, Nanos reach, Nanos from, Nanos until) {
  std::vector<ProcessorWait> ordered(windows.begin(), windows.end());
  std::ranges::sort(ordered, {}, &ProcessorWait::from);
  Nanos free = 0;
  Nanos counted_to = from;
  for (const ProcessorWait& window : ordered) {
    free += std::max<Nanos>(0, std::min(window.from, until) - counted_to);
    counted_to = std::max(counted_to, window.until + reach);
  }
  return free + std::max<Nanos>(0, until - counted_to);
}

std::string describe(const ProcessorWait& window, const std::string& node_name) {
  char text[120];
  std::snprintf(text, sizeof text, " waited %.1f s of %.1f s for a processor, and ran for %.1f s",
                to_seconds(window.waited), to_seconds(window.until - window.from), to_seconds(window.ran));
  return node_name + text;
}

std::string wait_line(const ProcessorWait& wait) {
  const nlohmann::json json = {{"node", wait.node},
                               {"from", wait.from},
                               {"until", wait.until},
                               {"waited", wait.waited},
                               {"ran", wait.ran}};
  return json.dump() + "\n";
}

std::vector<ProcessorWait> parse_waits(std::string_view text) {
  std::vector<ProcessorWait> waits;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const auto json = nlohmann::json::parse(text.substr(0, end), nullptr, false);
    text.remove_prefix(std::min(end + 1, text.size()));
    try {
      waits.push_back({json.at("node").get<int>(), json.at("from").get<Nanos>(),
                       json.at("until").get<Nanos>(), json.at("waited").get<Nanos>(),
                       json.at("ran").get<Nanos>()});
    } catch (const nlohmann::json::exception&) {
      continue;
    }
  }
  return waits;
}

}  // namespace harness

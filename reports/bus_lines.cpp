#include "reports/bus_lines.h"

#include <algorithm>
#include <iterator>

namespace harness::reporting {

std::vector<LogLine> bus_lines(const RunRecord& record) {
  const auto name_of_id = [&](std::string_view id) {
    const int node = record.node_by_id(id);
    return node < 0 ? std::string() : record.nodes[static_cast<std::size_t>(node)].name;
  };
  std::vector<LogLine> lines;
  for (const BusSighting& seen : record.bus.messages) {
    LogLine line;
    line.time = seen.time;
    line.node = record.node_by_name(seen.link.from);
    line.role = kBusLine;
    const bool gossip = seen.message.type == BusType::kPing || seen.message.type == BusType::kPong;
    line.level = gossip && seen.fate == BusFate::kPassed ? '-' : '*';
    line.text = "bus: " + words_of(seen, name_of_id);
    lines.push_back(std::move(line));
  }
  return lines;
}

std::vector<LogLine> merged_log(const RunRecord& record) {
  std::vector<LogLine> lines = bus_lines(record);
  std::ranges::copy(record.logs, std::back_inserter(lines));
  std::ranges::stable_sort(lines, {}, &LogLine::time);
  return lines;
}

}  // namespace harness::reporting

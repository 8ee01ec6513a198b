#include "harness/run/node_logs.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>

#include "harness/cluster/log_harvest.h"
#include "harness/cluster/node.h"
#include "harness/run/log_times.h"

namespace harness {

namespace fs = std::filesystem;

std::vector<LogLine> load_logs(const fs::path& nodes, const RunRecord& record) {
  std::vector<LogLine> logs;
  for (std::size_t number = 0; number < record.nodes.size(); ++number) {
    const NodeFiles node{nodes / record.nodes[number].name};
    for (const fs::path& file : {node.log(), node.output()}) {
      std::ifstream in(file);
      if (!in) continue;
      const std::int64_t started = record.info.started_unix_ms;
      auto lines = parse_log(in, static_cast<int>(number), started, started);
      undo_clock_faults(lines, record.faults, static_cast<int>(number));
      std::ranges::move(lines, std::back_inserter(logs));
    }
  }
  std::ranges::stable_sort(logs, {}, &LogLine::time);
  return logs;
}

void add_logs_of_failed_run(const fs::path& nodes, RunRecord& record) {
  std::error_code none;  // it failed before there was any
  for (int number = 1; fs::is_directory(nodes / ("n" + std::to_string(number)), none); ++number) {
    NodeInfo node;
    node.name = "n" + std::to_string(number);
    node.master = number <= record.plan.cluster.config.masters;
    record.nodes.push_back(std::move(node));
  }
  record.logs = load_logs(nodes, record);
  const auto dated = std::ranges::find_if(record.logs, [](const LogLine& line) { return line.role != 0; });
  if (dated == record.logs.end()) return;
  const Nanos begin = dated->time;
  for (LogLine& line : record.logs) line.time = std::max<Nanos>(0, line.time - begin);
}

}  // namespace harness

#include "harness/run/node_logs.h"

#include <algorithm>
#include <fstream>
#include <optional>
#include <string>

#include "harness/cluster/log_harvest.h"
#include "harness/cluster/node.h"
#include "harness/core/saved_epochs.h"
#include "harness/run/log_times.h"
#include "harness/run/nodes_conf.h"

namespace harness {

namespace fs = std::filesystem;

namespace {

/// The epochs that the node's nodes.conf holds in the end, as a line that the node wrote last.
std::optional<LogLine> told_epochs(const fs::path& file) {
  const auto epochs = saved_epochs(file);
  if (!epochs) return std::nullopt;
  LogLine line;
  line.text = std::string(kSavedEpochs) + std::to_string(epochs->current) + ", last vote in epoch " +
              std::to_string(epochs->last_vote) + ", own config epoch " + std::to_string(epochs->own_config);
  return line;
}

}  // namespace

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
  for (std::size_t number = 0; number < record.nodes.size(); ++number) {
    auto line = told_epochs(NodeFiles{nodes / record.nodes[number].name}.nodes_conf());
    if (!line || record.info.end == kNever) continue;
    line->node = static_cast<int>(number);
    line->time = record.info.end;
    logs.push_back(*line);
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

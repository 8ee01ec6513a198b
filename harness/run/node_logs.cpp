#include "harness/run/node_logs.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>

#include "harness/cluster/log_harvest.h"
#include "harness/cluster/node.h"
#include "harness/core/saved_epochs.h"
#include "harness/run/log_times.h"

namespace harness {

namespace fs = std::filesystem;

namespace {

/// The epochs that the node's nodes.conf holds in the end, as a line that the node wrote last.
std::optional<LogLine> saved_epochs(const fs::path& file) {
  std::ifstream in(file);
  LogLine line;
  std::string own = "0";
  for (std::string text; std::getline(in, text);) {
    std::istringstream split(text);
    const std::vector<std::string> words{std::istream_iterator<std::string>(split), {}};
    if (words.size() > 6 && words[2].find("myself") != std::string::npos) own = words[6];
    if (words.size() > 4 && words[0] == "vars")
      line.text = std::string(kSavedEpochs) + words[2] + ", last vote in epoch " + words[4];
  }
  if (line.text.empty()) return std::nullopt;
  line.text += ", own config epoch " + own;
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
    auto line = saved_epochs(NodeFiles{nodes / record.nodes[number].name}.nodes_conf());
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

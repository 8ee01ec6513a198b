// The line-by-line half of record_json.h: journals that may have lost their last words.
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "harness/core/record_json.h"

namespace harness {
namespace {

using Json = nlohmann::json;

/// Calls `take(json)` for each line; true when the last one is torn (no newline, and no JSON).
template <typename Take>
bool for_each_line(std::string_view text, std::size_t& bad_lines, Take take) {
  while (!text.empty()) {
    const auto end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    const bool last = end == std::string_view::npos;
    text.remove_prefix(last ? text.size() : end + 1);
    if (line.empty()) continue;
    try {
      take(Json::parse(line));
    } catch (const Json::exception&) {
      if (last) return true;
      ++bad_lines;
    }
  }
  return false;
}

template <typename T>
JsonLines<T> parse_lines(std::string_view text) {
  JsonLines<T> lines;
  lines.torn =
      for_each_line(text, lines.bad_lines, [&](const Json& j) { lines.items.push_back(j.get<T>()); });
  return lines;
}

/// Puts the journal of all nodes together; remembers which view each node is in.
class TopologyReader {
 public:
  explicit TopologyReader(TopologyLog& log) : log_(log) {}

  void take(const Json& j) {
    if (const auto view = j.find("view"); view != j.end()) {
      log_.views.push_back(view->get<View>());
      current_[log_.views.back().node] = log_.views.size() - 1;
    } else if (const auto look = j.find("look"); look != j.end()) {
      OffsetSample sample;
      sample.time = look->at(0).get<Nanos>();
      sample.node = look->at(1).get<int>();
      sample.is_master = look->at(2).get<bool>();
      sample.offset = look->at(3).get<std::int64_t>();
      if (const View* view_now = extend(sample.node, sample.time))
        sample.replication_id = view_now->replication.replication_id;
      log_.offsets.push_back(std::move(sample));
    } else {
      const Json& seen = j.at("seen");
      extend(seen.at(1).get<int>(), seen.at(0).get<Nanos>());
    }
  }

 private:
  const View* extend(int node, Nanos time) {
    const auto current = current_.find(node);
    if (current == current_.end()) return nullptr;
    View& view = log_.views[current->second];
    view.end = std::max(view.end, time);
    return &view;
  }

  TopologyLog& log_;
  std::map<int, std::size_t> current_;
};

}  // namespace

std::string view_line(const View& view) {
  return to_line({{"view", view}}) + '\n';
}

std::string look_line(const OffsetSample& sample) {
  return to_line({{"look", {sample.time, sample.node, sample.is_master, sample.offset}}}) + '\n';
}

std::string seen_line(Nanos time, int node) {
  return to_line({{"seen", {time, node}}}) + '\n';
}

TopologyLog parse_topology_log(std::string_view text) {
  TopologyLog log;
  TopologyReader reader(log);
  log.torn = for_each_line(text, log.bad_lines, [&](const Json& j) { reader.take(j); });
  // Nodes are looked at side by side: their lines may stand a little out of order.
  std::stable_sort(log.views.begin(), log.views.end(),
                   [](const View& a, const View& b) { return a.begin < b.begin; });
  std::stable_sort(log.offsets.begin(), log.offsets.end(),
                   [](const OffsetSample& a, const OffsetSample& b) { return a.time < b.time; });
  return log;
}

JsonLines<FaultRecord> parse_faults(std::string_view text) {
  return parse_lines<FaultRecord>(text);
}
JsonLines<CommandRecord> parse_commands(std::string_view text) {
  return parse_lines<CommandRecord>(text);
}
JsonLines<ExpectationRecord> parse_expectations(std::string_view text) {
  return parse_lines<ExpectationRecord>(text);
}
JsonLines<Incarnation> parse_incarnations(std::string_view text) {
  return parse_lines<Incarnation>(text);
}
JsonLines<LogLine> parse_log_lines(std::string_view text) {
  return parse_lines<LogLine>(text);
}
JsonLines<FinalData> parse_final_data(std::string_view text) {
  return parse_lines<FinalData>(text);
}

}  // namespace harness

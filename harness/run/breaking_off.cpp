#include "harness/run/breaking_off.h"

#include <map>
#include <nlohmann/json.hpp>
#include <tuple>

#include "harness/core/record_json.h"

namespace harness {
namespace {

using Json = nlohmann::json;

/// Calls `take(json)` for each line that can be understood; a torn last one is its killed writer's.
template <typename T, typename Take>
void each_line(std::string_view text, Deeds<T>& deeds, Take take) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const bool torn = end == std::string_view::npos;
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(torn ? text.size() : end + 1);
    if (line.empty()) continue;
    try {
      take(Json::parse(line));
    } catch (const Json::exception&) {
      if (!torn) ++deeds.bad_lines;
    }
  }
}

/// Nodes' lines from the first one on that has a later time. A line without a time belongs to the one before
/// it or to the one after it: the last ones before the cut go too.
void forget_lines(std::vector<LogLine>& logs, Nanos moment) {
  const auto dated = [](const LogLine& line) { return line.role != 0; };
  std::map<int, std::size_t> kept;  // by node: how many of its lines
  std::map<int, std::size_t> seen;
  std::map<int, bool> cut;
  for (const LogLine& line : logs) {
    const std::size_t number = ++seen[line.node];
    if (!dated(line) || cut[line.node]) continue;
    if (line.time >= moment)
      cut[line.node] = true;
    else
      kept[line.node] = number;
  }
  seen.clear();
  std::erase_if(logs, [&](const LogLine& line) { return ++seen[line.node] > kept[line.node]; });
}

void forget_operations(std::vector<Operation>& operations, Nanos moment) {
  std::erase_if(operations, [&](const Operation& op) { return op.invoked >= moment; });
  for (Operation& op : operations) {
    if (op.completed < moment) continue;
    op.outcome = Outcome::kInfo;
    op.completed = kNever;
    op.complete_event = kNoEvent;
    op.result = Value{};
    op.error = kNoError;
  }
}

}  // namespace

Deeds<FaultRecord> fault_deeds(std::string_view text) {
  Deeds<FaultRecord> deeds;
  std::map<std::size_t, FaultRecord> ended;
  std::map<std::size_t, Nanos> open;
  each_line(text, deeds, [&](const Json& line) {
    const auto number = line.at("number").get<std::size_t>();
    auto fault = line.get<FaultRecord>();
    if (line.value("acting", false)) {
      open[number] = fault.heal_requested != kNever ? fault.heal_requested : fault.requested;
    } else {
      open.erase(number);
      ended[number] = std::move(fault);
    }
  });
  for (const auto& [number, since] : open) deeds.open_at(since);
  for (auto& [number, fault] : ended) deeds.items.push_back(std::move(fault));
  return deeds;
}

Deeds<CommandRecord> command_deeds(std::string_view text) {
  Deeds<CommandRecord> deeds;
  std::map<std::tuple<std::string, int, Nanos>, int> open;
  each_line(text, deeds, [&](const Json& line) {
    auto command = line.get<CommandRecord>();
    int& count = open[{command.step, command.node, command.time}];
    if (line.value("sent", false)) {
      ++count;
    } else {
      --count;
      deeds.items.push_back(std::move(command));
    }
  });
  for (const auto& [of, count] : open)
    if (count > 0) deeds.open_at(std::get<Nanos>(of));
  return deeds;
}

void forget_from(RunRecord& record, Nanos moment) {
  constexpr Nanos kGrain = 5 * kMillisecond;  // of the logs' times, and of how they were placed in the run's
  forget_lines(record.logs, moment - kGrain);
  forget_operations(record.history.operations, moment);
  std::erase_if(record.views, [&](const View& view) { return view.begin >= moment; });
  for (View& view : record.views) view.end = std::min(view.end, moment);
  std::erase_if(record.offsets, [&](const OffsetSample& sample) { return sample.time >= moment; });
  std::erase_if(record.expectations, [&](const ExpectationRecord& one) { return one.until >= moment; });
}

}  // namespace harness

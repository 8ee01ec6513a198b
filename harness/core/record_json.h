// The JSON forms of what a run records, as run.json, topology.jsonl, faults.jsonl and their like hold them.
// Field names are those of run_record.h; a time of kNever is null. Reading takes what is missing as its
// default, so that older stores stay readable; a field of the wrong type throws nlohmann::json::exception.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/run_record.h"

namespace harness {

void to_json(nlohmann::json& j, const ServerInfo& server);
void from_json(const nlohmann::json& j, ServerInfo& server);
void to_json(nlohmann::json& j, const ClusterConfig& config);
void from_json(const nlohmann::json& j, ClusterConfig& config);
void to_json(nlohmann::json& j, const RunInfo& info);
void from_json(const nlohmann::json& j, RunInfo& info);
void to_json(nlohmann::json& j, const RunCounters& counters);
void from_json(const nlohmann::json& j, RunCounters& counters);
/// Slots are texts as CLUSTER NODES has them: ["0-5460", "9000"].
void to_json(nlohmann::json& j, const NodeInfo& node);
void from_json(const nlohmann::json& j, NodeInfo& node);
void to_json(nlohmann::json& j, const View& view);
void from_json(const nlohmann::json& j, View& view);
void to_json(nlohmann::json& j, const OffsetSample& sample);
void from_json(const nlohmann::json& j, OffsetSample& sample);
void to_json(nlohmann::json& j, const FaultRecord& fault);
void from_json(const nlohmann::json& j, FaultRecord& fault);
void to_json(nlohmann::json& j, const CommandRecord& command);
void from_json(const nlohmann::json& j, CommandRecord& command);
void to_json(nlohmann::json& j, const ExpectationRecord& expectation);
void from_json(const nlohmann::json& j, ExpectationRecord& expectation);
void to_json(nlohmann::json& j, const Incarnation& life);
void from_json(const nlohmann::json& j, Incarnation& life);
void to_json(nlohmann::json& j, const LogLine& line);
void from_json(const nlohmann::json& j, LogLine& line);

/// Compact, without a newline; bytes that are not UTF-8 become U+FFFD.
std::string to_line(const nlohmann::json& j);

/// topology.jsonl, the observer's journal. A view stands in it when it begins, and ends with the last line
/// that says that the node still looked the same: nothing is lost with the process that wrote it.
///
///     {"view": {…}}                               a new view of its node
///     {"look": [time, node, is_master, offset]}   the same view still, with the node's replication offset
///     {"seen": [time, node]}                      the same view still
std::string view_line(const View& view);
std::string look_line(const OffsetSample& sample);
std::string seen_line(Nanos time, int node);

struct TopologyLog {
  std::vector<View> views;            // in order of begin
  std::vector<OffsetSample> offsets;  // in order of time
  std::size_t bad_lines = 0;          // that could not be understood, without the last if it is torn
  bool torn = false;                  // the last line is incomplete: its writer was killed
};

/// Never throws on content.
TopologyLog parse_topology_log(std::string_view text);

/// Every line of a JSON Lines text as a T (FaultRecord, Incarnation, LogLine, FinalData, …); counts what
/// cannot be understood and leaves a torn last line out.
template <typename T>
struct JsonLines {
  std::vector<T> items;
  std::size_t bad_lines = 0;
  bool torn = false;
};
JsonLines<FaultRecord> parse_faults(std::string_view text);
JsonLines<CommandRecord> parse_commands(std::string_view text);
JsonLines<ExpectationRecord> parse_expectations(std::string_view text);
JsonLines<Incarnation> parse_incarnations(std::string_view text);
JsonLines<LogLine> parse_log_lines(std::string_view text);
JsonLines<FinalData> parse_final_data(std::string_view text);

}  // namespace harness

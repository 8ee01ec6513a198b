#include "harness/core/record_json.h"

#include "harness/core/effect_json.h"
#include "harness/core/json_bytes.h"
#include "harness/core/old_stores.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <nlohmann/json.hpp>

namespace harness {
NLOHMANN_JSON_SERIALIZE_ENUM(ExpectationRecord::Kind, {{ExpectationRecord::Kind::kExpect, "expect"},
                                                       {ExpectationRecord::Kind::kWait, "wait"},
                                                       {ExpectationRecord::Kind::kWhen, "when"}})

namespace {

using Json = nlohmann::json;

Json slots_json(const SlotRanges& ranges) {
  Json list = Json::array();
  for (const SlotRange& range : ranges)
    list.push_back(range.first == range.last
                       ? std::to_string(range.first)
                       : std::to_string(range.first) + '-' + std::to_string(range.last));
  return list;
}

SlotRange slot_range_from(const std::string& text) {
  SlotRange range;
  const char* end = text.data() + text.size();
  const auto first = std::from_chars(text.data(), end, range.first);
  range.last = range.first;
  auto last = first;
  if (first.ptr != end && *first.ptr == '-') last = std::from_chars(first.ptr + 1, end, range.last);
  const bool sound = first.ec == std::errc{} && last.ec == std::errc{} && last.ptr == end &&
                     0 <= range.first && range.first <= range.last && range.last < kSlotCount;
  if (!sound) throw Json::other_error::create(501, "not a slot range: " + text, nullptr);
  return range;
}

/// Writes a record's fields into an object, or reads them from it: one list of fields serves both directions.
class RecordWriter {
 public:
  template <typename Record>
  using Of = const Record;

  explicit RecordWriter(Json& j) : j_(j) { j_ = Json::object(); }

  template <typename T>
  void value(const char* name, const T& field) {
    j_[name] = field;
  }
  /// Left out when it is empty.
  template <typename T>
  void optional(const char* name, const T& field) {
    if (!field.empty()) j_[name] = field;
  }
  void time(const char* name, Nanos field) { j_[name] = field == kNever ? Json(nullptr) : Json(field); }
  void optional_time(const char* name, Nanos field) {
    if (field != kNever) j_[name] = field;
  }
  void slots(const char* name, const SlotRanges& field) { j_[name] = slots_json(field); }
  void letter(const char* name, char field) { j_[name] = field ? std::string(1, field) : std::string(); }
  template <typename Record>
  void record(const char* name, const Record& field);
  template <typename Record>
  void records(const char* name, const std::vector<Record>& list);
  /// Left out when there are none.
  template <typename Record>
  void optional_records(const char* name, const std::vector<Record>& list) {
    if (!list.empty()) records(name, list);
  }
  void bytes(const char* name, const std::string& field) { j_[name] = bytes_json(field); }
  void bytes(const char* name, const std::vector<std::string>& field) {
    Json& list = j_[name] = Json::array();
    for (const std::string& text : field) list.push_back(bytes_json(text));
  }

 private:
  Json& j_;
};

/// What is missing keeps its default.
class RecordReader {
 public:
  template <typename Record>
  using Of = Record;

  explicit RecordReader(const Json& j) : j_(j) {}

  template <typename T>
  void value(const char* name, T& field) {
    const auto found = j_.find(name);
    if (found != j_.end() && !found->is_null()) found->get_to(field);
  }
  template <typename T>
  void optional(const char* name, T& field) {
    value(name, field);
  }
  void time(const char* name, Nanos& field) {
    const auto found = j_.find(name);
    if (found != j_.end()) field = found->is_null() ? kNever : found->get<Nanos>();
  }
  void optional_time(const char* name, Nanos& field) { time(name, field); }
  void slots(const char* name, SlotRanges& field) {
    std::vector<std::string> texts;
    value(name, texts);
    field.clear();
    for (const std::string& text : texts) field.push_back(slot_range_from(text));
  }
  void letter(const char* name, char& field) {
    std::string text;
    value(name, text);
    field = text.empty() ? '\0' : text.front();
  }
  template <typename Record>
  void record(const char* name, Record& field);
  template <typename Record>
  void records(const char* name, std::vector<Record>& list);
  template <typename Record>
  void optional_records(const char* name, std::vector<Record>& list) {
    records(name, list);
  }
  void bytes(const char* name, std::string& field) {
    if (const auto found = j_.find(name); found != j_.end()) field = bytes_from(*found);
  }
  void bytes(const char* name, std::vector<std::string>& field) {
    field.clear();
    for (const Json& text : j_.value(name, Json::array())) field.push_back(bytes_from(text));
  }

 private:
  const Json& j_;
};

// --- the fields of each record ---

template <typename Archive>
void fields(Archive& a, typename Archive::template Of<ServerInfo>& server) {
  a.value("spec", server.spec);
  a.value("flavor", server.flavor);
  a.value("version", server.version);
  a.value("binary", server.binary);
  a.value("sha256", server.sha256);
}

template <typename Archive>
void fields(Archive& a, typename Archive::template Of<ClusterConfig>& config) {
  a.value("masters", config.masters);
  a.value("replicas", config.replicas);
  a.value("node_timeout_ms", config.node_timeout_ms);
  a.value("require_full_coverage", config.require_full_coverage);
  a.value("replica_validity_factor", config.replica_validity_factor);
  a.value("repl_ping_period_s", config.repl_ping_period_s);
  a.value("allow_replica_migration", config.allow_replica_migration);
  a.value("migration_barrier", config.migration_barrier);
}

template <typename Archive>
void fields(Archive& a, typename Archive::template Of<RunInfo>& info) {
  a.value("id", info.id);
  a.value("scenario", info.scenario);
  a.value("workload", info.workload);
  a.value("seed", info.seed);
  a.value("started_utc", info.started_utc);
  a.value("started_unix_ms", info.started_unix_ms);
  a.value("argv", info.argv);
  a.value("reproduce", info.reproduce);
  a.value("mode", info.mode);
  a.record("server", info.server);
  a.records("peers", info.peers);
  a.record("config", info.config);
  a.value("time_limit_s", info.time_limit_s);
  a.value("concurrency", info.concurrency);
  a.value("rate", info.rate);
  a.value("strict", info.strict);
  a.value("interrupted", info.interrupted);
  a.optional("ended_early", info.ended_early);
  a.time("clients_end", info.clients_end);
  a.time("settled", info.settled);
  a.time("end", info.end);
  a.value("environment", info.environment);
}

template <typename Archive>
void fields(Archive& a, typename Archive::template Of<LoadCounters>& counters) {
  a.value("load", counters.load);
  a.value("ok", counters.ok);
  a.value("fail", counters.fail);
  a.value("info", counters.info);
  a.value("moved", counters.moved);
  a.value("asked", counters.asked);
  a.value("unanswered_final", counters.unanswered_final);
}

template <typename Archive>
void fields(Archive& a, typename Archive::template Of<RunCounters>& counters) {
  a.value("recorded_events", counters.recorded_events);
  a.value("moved", counters.moved);
  a.value("asked", counters.asked);
  a.records("loads", counters.loads);
  a.value("observer_looks", counters.observer_looks);
  a.value("observer_failures", counters.observer_failures);
  a.value("host_stall_max", counters.host_stall_max);
  a.value("server_starved_max", counters.server_starved_max);
}

template <typename Archive>
void fields(Archive& a, typename Archive::template Of<NodeInfo>& node) {
  a.value("name", node.name);
  a.value("ip", node.ip);
  a.value("port", node.port);
  a.value("id", node.id);
  a.value("shard", node.shard);
  a.value("master", node.master);
  a.slots("slots", node.slots);
  a.value("build", node.build);
  a.value("spare", node.spare);
}

template <typename Archive>
void fields(Archive& a, typename Archive::template Of<TopologyNode>& node) {
  a.value("id", node.id);
  a.value("ip", node.ip);
  a.value("port", node.port);
  a.value("bus_port", node.bus_port);
  a.value("flags", node.flags);
  a.value("config_epoch", node.config_epoch);
  a.value("link_up", node.link_up);
  a.value("ping_sent_ms", node.ping_sent_ms);
  a.value("pong_received_ms", node.pong_received_ms);
  a.optional("master_id", node.master_id);
  a.slots("slots", node.slots);
  a.optional("migrating", node.migrating);
  a.optional("importing", node.importing);
}

template <typename Archive>
void fields(Archive& a, typename Archive::template Of<ClusterInfo>& info) {
  a.value("state_ok", info.state_ok);
  a.value("slots_assigned", info.slots_assigned);
  a.value("slots_ok", info.slots_ok);
  a.value("slots_pfail", info.slots_pfail);
  a.value("slots_fail", info.slots_fail);
  a.value("known_nodes", info.known_nodes);
  a.value("size", info.size);
  a.value("current_epoch", info.current_epoch);
  a.value("my_epoch", info.my_epoch);
}

template <typename Archive>
void fields(Archive& a, typename Archive::template Of<AttachedReplica>& replica) {
  a.value("ip", replica.ip);
  a.value("port", replica.port);
  a.value("state", replica.state);
  a.value("offset", replica.offset);
}

template <typename Archive>
void fields(Archive& a, typename Archive::template Of<ReplicationInfo>& info) {
  a.value("is_master", info.is_master);
  a.value("replication_id", info.replication_id);
  a.optional("replicated_id", info.replicated_id);
  a.value("offset", info.offset);
  a.value("run_id", info.run_id);
  a.value("process_id", info.process_id);
  a.records("replicas", info.replicas);
  if (info.is_master) return;
  a.value("master_ip", info.master_ip);
  a.value("master_port", info.master_port);
  a.value("link_up", info.link_up);
  a.value("sync_in_progress", info.sync_in_progress);
}

template <typename Archive>
void fields(Archive& a, typename Archive::template Of<OwnedSlots>& owned) {
  a.value("owner", owned.owner);
  a.slots("slots", owned.slots);
}

template <typename Archive>
void fields(Archive& a, typename Archive::template Of<View>& view) {
  a.value("node", view.node);
  a.time("begin", view.begin);
  a.time("end", view.end);
  a.value("reachable", view.reachable);
  if (!view.reachable) {
    a.value("error", view.error);
    return;
  }
  a.records("nodes", view.topology.nodes);
  a.value("unparsed_lines", view.topology.unparsed_lines);
  a.record("cluster", view.cluster);
  a.record("replication", view.replication);
  a.optional_records("slots_told", view.slots_told);
}

template <typename Archive>
void fields(Archive& a, typename Archive::template Of<OffsetSample>& sample) {
  a.value("time", sample.time);
  a.value("node", sample.node);
  a.value("is_master", sample.is_master);
  a.value("offset", sample.offset);
  a.value("replication_id", sample.replication_id);
}

template <typename Archive>
void fields(Archive& a, typename Archive::template Of<FaultRecord>& fault) {
  a.value("step", fault.step);
  a.value("fault", fault.fault);
  a.value("parameters", fault.parameters);
  a.value("effects", fault.effects);
  a.value("description", fault.description);
  a.value("nodes", fault.nodes);
  a.value("sides", fault.sides);
  a.value("one_way", fault.one_way);
  a.optional_time("prepared", fault.prepared);
  a.time("requested", fault.requested);
  a.time("active", fault.active);
  a.time("heal_requested", fault.heal_requested);
  a.time("healed", fault.healed);
  a.value("heals", fault.heals);
  a.value("evidence", fault.evidence);
  a.value("error", fault.error);
}

template <typename Archive>
void fields(Archive& a, typename Archive::template Of<CommandRecord>& command) {
  a.value("step", command.step);
  a.time("time", command.time);
  a.time("replied", command.replied);
  a.value("node", command.node);
  a.bytes("words", command.words);
  a.value("answered", command.answered);
  a.value("refused", command.refused);
  a.bytes("reply", command.reply);
  a.value("expected", command.expected);
  a.value("ok", command.ok);
}

template <typename Archive>
void fields(Archive& a, typename Archive::template Of<ExpectationRecord>& expectation) {
  a.value("step", expectation.step);
  a.value("kind", expectation.kind);
  a.value("must", expectation.must);
  a.value("condition", expectation.condition);
  a.time("began", expectation.began);
  a.time("held_at", expectation.held_at);
  a.time("until", expectation.until);
  a.value("patience", expectation.patience);
  a.value("failed", expectation.failed);
  a.value("why", expectation.why);
}

template <typename Archive>
void fields(Archive& a, typename Archive::template Of<Incarnation>& life) {
  a.value("node", life.node);
  a.value("pid", life.pid);
  a.time("started", life.started);
  a.time("ended", life.ended);
  a.value("exit_code", life.exit_code);
  a.value("signal", life.signal);
  a.value("expected", life.expected);
}

template <typename Archive>
void fields(Archive& a, typename Archive::template Of<LogLine>& line) {
  a.value("time", line.time);
  a.value("node", line.node);
  a.value("pid", line.pid);
  a.letter("role", line.role);
  a.letter("level", line.level);
  a.value("text", line.text);
}

// --- both directions ---

template <typename Record>
void write(Json& j, const Record& record) {
  RecordWriter writer(j);
  fields(writer, record);
}

template <typename Record>
void read(const Json& j, Record& record) {
  RecordReader reader(j);
  fields(reader, record);
}

template <typename Record>
void RecordWriter::record(const char* name, const Record& field) {
  write(j_[name], field);
}

template <typename Record>
void RecordWriter::records(const char* name, const std::vector<Record>& list) {
  Json& items = j_[name] = Json::array();
  for (const Record& item : list) write(items.emplace_back(), item);
}

template <typename Record>
void RecordReader::record(const char* name, Record& field) {
  const auto found = j_.find(name);
  if (found != j_.end() && !found->is_null()) read(*found, field);
}

template <typename Record>
void RecordReader::records(const char* name, std::vector<Record>& list) {
  for (const Json& item : j_.value(name, Json::array())) read(item, list.emplace_back());
}

}  // namespace

void to_json(Json& j, const ServerInfo& server) {
  write(j, server);
}
void from_json(const Json& j, ServerInfo& server) {
  read(j, server);
}
void to_json(Json& j, const ClusterConfig& config) {
  write(j, config);
}
void from_json(const Json& j, ClusterConfig& config) {
  read(j, config);
}
void to_json(Json& j, const RunInfo& info) {
  write(j, info);
}
void from_json(const Json& j, RunInfo& info) {
  read(j, info);
}
void to_json(Json& j, const RunCounters& counters) {
  write(j, counters);
}
void from_json(const Json& j, RunCounters& counters) {
  read(j, counters);
}
void to_json(Json& j, const NodeInfo& node) {
  write(j, node);
}
void from_json(const Json& j, NodeInfo& node) {
  read(j, node);
}
void to_json(Json& j, const View& view) {
  write(j, view);
}
void from_json(const Json& j, View& view) {
  read(j, view);
}
void to_json(Json& j, const OffsetSample& sample) {
  write(j, sample);
}
void from_json(const Json& j, OffsetSample& sample) {
  read(j, sample);
}
void to_json(Json& j, const FaultRecord& fault) {
  write(j, fault);
}
void from_json(const Json& j, FaultRecord& fault) {
  read(j, fault);
  if (!j.contains("effects")) fault.effects = effects_of_old_record(fault);
}
void to_json(Json& j, const CommandRecord& command) {
  write(j, command);
}
void from_json(const Json& j, CommandRecord& command) {
  read(j, command);
}
void to_json(Json& j, const ExpectationRecord& expectation) {
  write(j, expectation);
}
void from_json(const Json& j, ExpectationRecord& expectation) {
  read(j, expectation);
}
void to_json(Json& j, const Incarnation& life) {
  write(j, life);
}
void from_json(const Json& j, Incarnation& life) {
  read(j, life);
}
void to_json(Json& j, const LogLine& line) {
  write(j, line);
}
void from_json(const Json& j, LogLine& line) {
  read(j, line);
}
std::string to_line(const Json& j) {
  return j.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace harness

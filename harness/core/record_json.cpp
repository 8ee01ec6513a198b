#include "harness/core/record_json.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <nlohmann/json.hpp>

namespace harness {
namespace {

using Json = nlohmann::json;

template <typename T>
void read(const Json& j, const char* name, T& field) {
  const auto found = j.find(name);
  if (found != j.end() && !found->is_null()) found->get_to(field);
}

Json time_json(Nanos time) {
  return time == kNever ? Json(nullptr) : Json(time);
}

void read_time(const Json& j, const char* name, Nanos& time) {
  const auto found = j.find(name);
  if (found == j.end()) return;
  time = found->is_null() ? kNever : found->get<Nanos>();
}

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

void read_slots(const Json& j, const char* name, SlotRanges& ranges) {
  std::vector<std::string> texts;
  read(j, name, texts);
  ranges.clear();
  for (const std::string& text : texts) ranges.push_back(slot_range_from(text));
}

char letter_from(const Json& j, const char* name) {
  std::string text;
  read(j, name, text);
  return text.empty() ? '\0' : text.front();
}

std::string letter_text(char letter) {
  return letter ? std::string(1, letter) : std::string();
}

bool is_utf8(std::string_view text) {
  // The strict dump is the one judge: what it takes is read back as the same bytes.
  try {
    (void)Json(text).dump();
    return true;
  } catch (const Json::type_error&) {
    return false;
  }
}

Json bytes_json(std::string_view bytes) {
  if (is_utf8(bytes)) return bytes;
  static constexpr char kHex[] = "0123456789abcdef";
  std::string hex;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    hex += kHex[byte >> 4];
    hex += kHex[byte & 15];
  }
  return {{"hex", hex}};
}

std::string bytes_from(const Json& j) {
  if (j.is_string()) return j.get<std::string>();
  const auto hex = j.at("hex").get<std::string>();
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    unsigned byte = 0;
    std::from_chars(hex.data() + i, hex.data() + i + 2, byte, 16);
    bytes += static_cast<char>(byte);
  }
  return bytes;
}

}  // namespace

void to_json(Json& j, const ServerInfo& server) {
  j = {{"spec", server.spec},
       {"flavor", server.flavor},
       {"version", server.version},
       {"binary", server.binary},
       {"sha256", server.sha256}};
}

void from_json(const Json& j, ServerInfo& server) {
  read(j, "spec", server.spec);
  read(j, "flavor", server.flavor);
  read(j, "version", server.version);
  read(j, "binary", server.binary);
  read(j, "sha256", server.sha256);
}

void to_json(Json& j, const ClusterConfig& config) {
  j = {{"masters", config.masters},
       {"replicas", config.replicas},
       {"node_timeout_ms", config.node_timeout_ms},
       {"require_full_coverage", config.require_full_coverage},
       {"replica_validity_factor", config.replica_validity_factor},
       {"repl_ping_period_s", config.repl_ping_period_s},
       {"allow_replica_migration", config.allow_replica_migration},
       {"migration_barrier", config.migration_barrier}};
}

void from_json(const Json& j, ClusterConfig& config) {
  read(j, "masters", config.masters);
  read(j, "replicas", config.replicas);
  read(j, "node_timeout_ms", config.node_timeout_ms);
  read(j, "require_full_coverage", config.require_full_coverage);
  read(j, "replica_validity_factor", config.replica_validity_factor);
  read(j, "repl_ping_period_s", config.repl_ping_period_s);
  read(j, "allow_replica_migration", config.allow_replica_migration);
  read(j, "migration_barrier", config.migration_barrier);
}

void to_json(Json& j, const RunInfo& info) {
  j = {{"id", info.id},
       {"scenario", info.scenario},
       {"workload", info.workload},
       {"seed", info.seed},
       {"started_utc", info.started_utc},
       {"started_unix_ms", info.started_unix_ms},
       {"argv", info.argv},
       {"reproduce", info.reproduce},
       {"mode", info.mode},
       {"server", info.server},
       {"peers", info.peers},
       {"config", info.config},
       {"time_limit_s", info.time_limit_s},
       {"concurrency", info.concurrency},
       {"rate", info.rate},
       {"strict", info.strict},
       {"interrupted", info.interrupted},
       {"clients_end", time_json(info.clients_end)},
       {"settled", time_json(info.settled)},
       {"end", time_json(info.end)},
       {"environment", info.environment}};
}

void from_json(const Json& j, RunInfo& info) {
  read(j, "id", info.id);
  read(j, "scenario", info.scenario);
  read(j, "workload", info.workload);
  read(j, "seed", info.seed);
  read(j, "started_utc", info.started_utc);
  read(j, "started_unix_ms", info.started_unix_ms);
  read(j, "argv", info.argv);
  read(j, "reproduce", info.reproduce);
  read(j, "mode", info.mode);
  read(j, "server", info.server);
  read(j, "peers", info.peers);
  read(j, "config", info.config);
  read(j, "time_limit_s", info.time_limit_s);
  read(j, "concurrency", info.concurrency);
  read(j, "rate", info.rate);
  read(j, "strict", info.strict);
  read(j, "interrupted", info.interrupted);
  read_time(j, "clients_end", info.clients_end);
  read_time(j, "settled", info.settled);
  read_time(j, "end", info.end);
  read(j, "environment", info.environment);
}

void to_json(Json& j, const RunCounters& counters) {
  j = {{"recorded_events", counters.recorded_events},
       {"moved", counters.moved},
       {"asked", counters.asked},
       {"observer_looks", counters.observer_looks},
       {"observer_failures", counters.observer_failures},
       {"host_stall_max", counters.host_stall_max}};
}

void from_json(const Json& j, RunCounters& counters) {
  read(j, "recorded_events", counters.recorded_events);
  read(j, "moved", counters.moved);
  read(j, "asked", counters.asked);
  read(j, "observer_looks", counters.observer_looks);
  read(j, "observer_failures", counters.observer_failures);
  read(j, "host_stall_max", counters.host_stall_max);
}

void to_json(Json& j, const NodeInfo& node) {
  j = {{"name", node.name},
       {"ip", node.ip},
       {"port", node.port},
       {"id", node.id},
       {"shard", node.shard},
       {"master", node.master},
       {"slots", slots_json(node.slots)},
       {"build", node.build}};
}

void from_json(const Json& j, NodeInfo& node) {
  read(j, "name", node.name);
  read(j, "ip", node.ip);
  read(j, "port", node.port);
  read(j, "id", node.id);
  read(j, "shard", node.shard);
  read(j, "master", node.master);
  read_slots(j, "slots", node.slots);
  read(j, "build", node.build);
}

namespace {

Json topology_node_json(const TopologyNode& node) {
  Json j = {{"id", node.id},
            {"ip", node.ip},
            {"port", node.port},
            {"bus_port", node.bus_port},
            {"flags", node.flags},
            {"config_epoch", node.config_epoch},
            {"link_up", node.link_up},
            {"ping_sent_ms", node.ping_sent_ms},
            {"pong_received_ms", node.pong_received_ms}};
  if (!node.master_id.empty()) j["master_id"] = node.master_id;
  if (!node.slots.empty()) j["slots"] = slots_json(node.slots);
  if (!node.migrating.empty()) j["migrating"] = node.migrating;
  if (!node.importing.empty()) j["importing"] = node.importing;
  return j;
}

TopologyNode topology_node_from(const Json& j) {
  TopologyNode node;
  read(j, "id", node.id);
  read(j, "ip", node.ip);
  read(j, "port", node.port);
  read(j, "bus_port", node.bus_port);
  read(j, "flags", node.flags);
  read(j, "config_epoch", node.config_epoch);
  read(j, "link_up", node.link_up);
  read(j, "ping_sent_ms", node.ping_sent_ms);
  read(j, "pong_received_ms", node.pong_received_ms);
  read(j, "master_id", node.master_id);
  read_slots(j, "slots", node.slots);
  read(j, "migrating", node.migrating);
  read(j, "importing", node.importing);
  return node;
}

Json cluster_json(const ClusterInfo& info) {
  return {{"state_ok", info.state_ok},
          {"slots_assigned", info.slots_assigned},
          {"slots_ok", info.slots_ok},
          {"slots_pfail", info.slots_pfail},
          {"slots_fail", info.slots_fail},
          {"known_nodes", info.known_nodes},
          {"size", info.size},
          {"current_epoch", info.current_epoch},
          {"my_epoch", info.my_epoch}};
}

ClusterInfo cluster_from(const Json& j) {
  ClusterInfo info;
  read(j, "state_ok", info.state_ok);
  read(j, "slots_assigned", info.slots_assigned);
  read(j, "slots_ok", info.slots_ok);
  read(j, "slots_pfail", info.slots_pfail);
  read(j, "slots_fail", info.slots_fail);
  read(j, "known_nodes", info.known_nodes);
  read(j, "size", info.size);
  read(j, "current_epoch", info.current_epoch);
  read(j, "my_epoch", info.my_epoch);
  return info;
}

Json replication_json(const ReplicationInfo& info) {
  Json replicas = Json::array();
  for (const AttachedReplica& r : info.replicas)
    replicas.push_back({{"ip", r.ip}, {"port", r.port}, {"state", r.state}, {"offset", r.offset}});
  Json j = {{"is_master", info.is_master}, {"replication_id", info.replication_id}, {"offset", info.offset},
            {"run_id", info.run_id},       {"process_id", info.process_id},         {"replicas", replicas}};
  if (info.is_master) return j;
  j["master_ip"] = info.master_ip;
  j["master_port"] = info.master_port;
  j["link_up"] = info.link_up;
  j["sync_in_progress"] = info.sync_in_progress;
  return j;
}

ReplicationInfo replication_from(const Json& j) {
  ReplicationInfo info;
  read(j, "is_master", info.is_master);
  read(j, "master_ip", info.master_ip);
  read(j, "master_port", info.master_port);
  read(j, "link_up", info.link_up);
  read(j, "sync_in_progress", info.sync_in_progress);
  read(j, "replication_id", info.replication_id);
  read(j, "offset", info.offset);
  read(j, "run_id", info.run_id);
  read(j, "process_id", info.process_id);
  for (const Json& item : j.value("replicas", Json::array())) {
    AttachedReplica replica;
    read(item, "ip", replica.ip);
    read(item, "port", replica.port);
    read(item, "state", replica.state);
    read(item, "offset", replica.offset);
    info.replicas.push_back(std::move(replica));
  }
  return info;
}

}  // namespace

void to_json(Json& j, const View& view) {
  j = {{"node", view.node}, {"begin", time_json(view.begin)}, {"end", time_json(view.end)}};
  j["reachable"] = view.reachable;
  if (!view.reachable) {
    j["error"] = view.error;
    return;
  }
  Json nodes = Json::array();
  for (const TopologyNode& node : view.topology.nodes) nodes.push_back(topology_node_json(node));
  j["nodes"] = std::move(nodes);
  if (view.topology.unparsed_lines) j["unparsed_lines"] = view.topology.unparsed_lines;
  j["cluster"] = cluster_json(view.cluster);
  j["replication"] = replication_json(view.replication);
}

void from_json(const Json& j, View& view) {
  read(j, "node", view.node);
  read_time(j, "begin", view.begin);
  read_time(j, "end", view.end);
  read(j, "reachable", view.reachable);
  read(j, "error", view.error);
  for (const Json& node : j.value("nodes", Json::array()))
    view.topology.nodes.push_back(topology_node_from(node));
  read(j, "unparsed_lines", view.topology.unparsed_lines);
  view.cluster = cluster_from(j.value("cluster", Json::object()));
  view.replication = replication_from(j.value("replication", Json::object()));
}

void to_json(Json& j, const OffsetSample& sample) {
  j = {{"time", sample.time},
       {"node", sample.node},
       {"is_master", sample.is_master},
       {"offset", sample.offset},
       {"replication_id", sample.replication_id}};
}

void from_json(const Json& j, OffsetSample& sample) {
  read(j, "time", sample.time);
  read(j, "node", sample.node);
  read(j, "is_master", sample.is_master);
  read(j, "offset", sample.offset);
  read(j, "replication_id", sample.replication_id);
}

void to_json(Json& j, const FaultRecord& fault) {
  j = {{"fault", fault.fault},
       {"description", fault.description},
       {"nodes", fault.nodes},
       {"sides", fault.sides},
       {"one_way", fault.one_way},
       {"requested", time_json(fault.requested)},
       {"active", time_json(fault.active)},
       {"heal_requested", time_json(fault.heal_requested)},
       {"healed", time_json(fault.healed)},
       {"heals", fault.heals},
       {"evidence", fault.evidence},
       {"error", fault.error}};
}

void from_json(const Json& j, FaultRecord& fault) {
  read(j, "fault", fault.fault);
  read(j, "description", fault.description);
  read(j, "nodes", fault.nodes);
  read(j, "sides", fault.sides);
  read(j, "one_way", fault.one_way);
  read_time(j, "requested", fault.requested);
  read_time(j, "active", fault.active);
  read_time(j, "heal_requested", fault.heal_requested);
  read_time(j, "healed", fault.healed);
  read(j, "heals", fault.heals);
  read(j, "evidence", fault.evidence);
  read(j, "error", fault.error);
}

void to_json(Json& j, const Incarnation& life) {
  j = {{"node", life.node},
       {"pid", life.pid},
       {"started", time_json(life.started)},
       {"ended", time_json(life.ended)},
       {"exit_code", life.exit_code},
       {"signal", life.signal},
       {"expected", life.expected}};
}

void from_json(const Json& j, Incarnation& life) {
  read(j, "node", life.node);
  read(j, "pid", life.pid);
  read_time(j, "started", life.started);
  read_time(j, "ended", life.ended);
  read(j, "exit_code", life.exit_code);
  read(j, "signal", life.signal);
  read(j, "expected", life.expected);
}

void to_json(Json& j, const LogLine& line) {
  j = {{"time", line.time},
       {"node", line.node},
       {"pid", line.pid},
       {"role", letter_text(line.role)},
       {"level", letter_text(line.level)},
       {"text", line.text}};
}

void from_json(const Json& j, LogLine& line) {
  read(j, "time", line.time);
  read(j, "node", line.node);
  read(j, "pid", line.pid);
  line.role = letter_from(j, "role");
  line.level = letter_from(j, "level");
  read(j, "text", line.text);
}

void to_json(Json& j, const FinalData& data) {
  Json pairs = Json::array();
  for (const auto& [key, value] : data.values) pairs.push_back({bytes_json(key), bytes_json(value)});
  j = {{"node", data.node}, {"complete", data.complete}, {"error", data.error}, {"values", std::move(pairs)}};
}

void from_json(const Json& j, FinalData& data) {
  read(j, "node", data.node);
  read(j, "complete", data.complete);
  read(j, "error", data.error);
  for (const Json& pair : j.value("values", Json::array()))
    data.values[bytes_from(pair.at(0))] = bytes_from(pair.at(1));
}

std::string to_line(const Json& j) {
  return j.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace harness

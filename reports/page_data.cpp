#include "reports/page_data.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "harness/core/ended_early.h"
#include "harness/core/judged.h"
#include "harness/core/record_json.h"
#include "harness/core/undated_line.h"
#include "reports/bus_lines.h"
#include "reports/graph.h"
#include "reports/lives.h"
#include "reports/story.h"
#include "reports/strength.h"
#include "reports/text.h"
#include "reports/views.h"

namespace harness::reporting {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kAnomaliesShown = 200;  // the rest is counted, and in results.json
constexpr std::size_t kLogLinesShown = 6'000;
constexpr std::size_t kLogTextShown = 2'000;  // characters of one line
constexpr std::size_t kReplyShown = 300;      // characters of the answer to a step's command

Json page_ms(Nanos time) {
  return time == kNever ? Json(nullptr) : Json(std::round(to_ms(time) * 1000) / 1000);
}

Json number(double value) {
  return std::isfinite(value) ? Json(value) : Json(nullptr);
}

Json run_json(const RunRecord& record) {
  const RunInfo& info = record.info;
  const ClusterConfig& c = info.config;
  Json config = {{"masters", c.masters},
                 {"replicas of each", c.replicas},
                 {"node timeout", std::to_string(c.node_timeout_ms) + " ms"},
                 {"require full coverage", c.require_full_coverage ? "yes" : "no"},
                 {"replica validity factor", c.replica_validity_factor},
                 {"replica migration", c.allow_replica_migration ? "yes" : "no"},
                 {"clients", info.concurrency},
                 {"rate", info.rate > 0 ? figure(info.rate) + " op/s" : "as fast as they go"},
                 {"time limit", figure(info.time_limit_s) + " s"},
                 {"strict", info.strict ? "yes" : "no"},
                 {"sandbox", info.mode}};
  return {{"id", info.id},
          {"scenario", info.scenario},
          {"workload", info.workload},
          {"seed", std::to_string(info.seed)},  // a double cannot hold every u64
          {"started", info.started_utc},
          {"argv", info.argv},
          {"reproduce", info.reproduce},
          {"interrupted", info.interrupted},
          {"no_faults", record.plan.limits.no_faults && record.faults.empty()},
          {"ended_early", info.ended_early},
          {"left_out", steps_left_out(record)},
          {"clients_end", page_ms(info.clients_end)},
          {"settled", page_ms(info.settled)},
          {"end", page_ms(info.end)},
          {"config", config},
          {"environment", info.environment}};
}

Json nodes_json(const RunRecord& record) {
  Json out = Json::array();
  for (const NodeInfo& node : record.nodes)
    out.push_back({{"name", node.name},
                   {"address", node.ip + ":" + std::to_string(node.port)},
                   {"id", node.id},
                   {"shard", node.shard},
                   {"master", node.master},
                   {"spare", node.spare},
                   {"slots", ranges_text(node.slots)},
                   {"build", build_name(server_of(record.info, node))}});
  return out;
}

Json faults_json(const RunRecord& record, const Strength& strength) {
  Json out = Json::array();
  for (std::size_t i = 0; i < record.faults.size(); ++i) {
    const FaultRecord& fault = record.faults[i];
    const Span span = fault_span(record, fault);
    out.push_back({{"fault", fault.fault},
                   {"description", fault.description.empty() ? fault.fault : fault.description},
                   {"nodes", fault.nodes},
                   {"sides", fault.sides},
                   {"one_way", fault.one_way},
                   {"requested", page_ms(fault.requested)},
                   {"active", page_ms(fault.active)},
                   {"heal_requested", page_ms(fault.heal_requested)},
                   {"healed", page_ms(fault.healed)},
                   {"heals", fault.heals},
                   {"until", page_ms(span.end)},
                   {"evidence", fault.evidence},
                   {"error", fault.error},
                   {"operations", strength.per_fault[i] ? Json(*strength.per_fault[i]) : Json()}});
  }
  return out;
}

Json page_commands(const RunRecord& record) {
  Json out = Json::array();
  for (const CommandRecord& command : record.commands)
    out.push_back({{"step", command.step},
                   {"t", page_ms(command.time)},
                   {"node", command.node < 0 ? std::string() : node_name(record, command.node)},
                   {"words", command.words},
                   {"reply", command.reply.substr(0, kReplyShown)},
                   {"expected", command.expected},
                   {"ok", command.ok}});
  return out;
}

Json page_expectations(const RunRecord& record) {
  Json out = Json::array();
  for (const ExpectationRecord& one : record.expectations)
    out.push_back({{"step", one.step},
                   {"kind", to_string(one.kind)},
                   {"condition", one.condition},
                   {"began", page_ms(one.began)},
                   {"held", page_ms(one.held_at)},
                   {"patience", page_ms(one.patience)},
                   {"failed", one.failed},
                   {"why", one.why}});
  return out;
}

Json failovers_json(const RunRecord& record, const RunVerdict& verdict) {
  Json out = Json::array();
  for (const Failover& f : verdict.failovers)
    out.push_back({{"shard", f.shard},
                   {"from", node_name(record, f.from)},
                   {"to", node_name(record, f.to)},
                   {"fault", f.fault},
                   {"fault_at", page_ms(f.fault_at)},
                   {"pfail", page_ms(f.pfail)},
                   {"fail", page_ms(f.fail)},
                   {"election", page_ms(f.election)},
                   {"promoted", page_ms(f.promoted)},
                   {"first_write", page_ms(f.first_write)},
                   {"converged", page_ms(f.converged)},
                   {"bound_ms", number(f.bound_ms)},
                   {"within_bound", f.within_bound}});
  return out;
}

Json measures_json(const Measures& figures) {
  Json out = Json::array();
  for (const auto& [name, value] : figures) out.push_back({name, number(value)});
  return out;
}

Json checks_json(const RunVerdict& verdict) {
  Json out = Json::array();
  for (const CheckResult& check : verdict.checks)
    out.push_back({{"name", check.name},
                   {"valid", to_string(check.valid)},
                   {"allowed", check.allowed},
                   {"known", check.known},
                   {"violations", check.violations},
                   {"bound", measures_json(check.bound)},
                   {"measured", measures_json(check.measured)},
                   {"explanation", check.explanation},
                   {"truncated", check.truncated},
                   {"operations", check.operations}});
  return out;
}

Json moments_json(const std::vector<Moment>& moments) {
  Json out = Json::array();
  for (const Moment& moment : moments) {
    Json entry = {
        {"t", page_ms(moment.time)}, {"kind", moment.kind}, {"who", moment.who}, {"text", moment.text}};
    if (!moment.anomaly.empty()) entry["anomaly"] = moment.anomaly;
    if (moment.operation != std::string::npos) entry["operation"] = moment.operation;
    out.push_back(std::move(entry));
  }
  return out;
}

Json anomalies_json(const RunRecord& record, const RunVerdict& verdict) {
  Json out = Json::array();
  for (const NamedAnomaly& named : named_anomalies(verdict)) {
    if (out.size() == kAnomaliesShown) break;
    const Anomaly& anomaly = *named.anomaly;
    out.push_back({{"id", named.name},
                   {"check", named.check->name},
                   {"type", type_words(anomaly.type)},
                   {"headline", headline(anomaly)},
                   {"key", anomaly.key},
                   {"explanation", anomaly.explanation},
                   {"promise", anomaly.promise},
                   {"t", page_ms(anomaly.time)},
                   {"seen", how_seen(record, anomaly)},
                   {"node", anomaly.node},
                   {"allowed", anomaly.allowed},
                   {"window", to_string(anomaly.window)},
                   {"window_words", words(anomaly.window)},
                   {"known", anomaly.known},
                   {"ended", anomaly.allowed ? std::string() : end_of_accused(record, anomaly)},
                   {"ends_process", !anomaly.allowed && tells_an_end(record, anomaly)},
                   {"moments", moments_json(tell_anomaly(record, verdict, anomaly))}});
  }
  return out;
}

Json lanes_json(const RunRecord& record) {
  Json out = Json::array();
  for (const Lane& lane : role_lanes(record)) {
    Json segments = Json::array(), suspicions = Json::array();
    for (const LaneSegment& s : lane.segments)
      segments.push_back({page_ms(s.begin), page_ms(s.end), to_string(s.state), s.epoch});
    for (const Suspicion& s : lane.suspicions)
      suspicions.push_back({page_ms(s.begin), page_ms(s.end), s.pfail, s.fail});
    out.push_back({{"node", lane.node}, {"segments", segments}, {"suspicions", suspicions}});
  }
  return out;
}

Json ownership_json(const RunRecord& record) {
  const Ownership ownership = slot_ownership(record);
  Json maps = Json::array(), spans = Json::array();
  for (const SlotMap& map : ownership.maps) {
    Json ranges = Json::array();
    for (const OwnedRange& range : map) ranges.push_back({range.first, range.last, range.owner});
    maps.push_back(std::move(ranges));
  }
  for (const Ownership::Span& span : ownership.spans)
    spans.push_back({span.observer, page_ms(span.begin), page_ms(span.end), span.map});
  return {{"maps", maps}, {"spans", spans}};
}

Json availability_json(const RunRecord& record) {
  Json out = Json::array();
  for (const Availability& a : availability(record)) {
    Json gaps = Json::array();
    for (Span gap : a.gaps) gaps.push_back({page_ms(gap.begin), page_ms(gap.end)});
    out.push_back({{"slots", std::to_string(a.range.first) + "-" + std::to_string(a.range.last)},
                   {"shard", a.shard},
                   {"acknowledged", a.acknowledged},
                   {"gaps", gaps},
                   {"longest", page_ms(a.longest)}});
  }
  return out;
}

/// Which lines to show when there are too many: those nearest to a fault, a failover or an anomaly.
std::vector<const LogLine*> chosen_log_lines(const std::vector<LogLine>& log, const RunRecord& record,
                                             const RunVerdict& verdict) {
  std::vector<const LogLine*> lines;
  for (const LogLine& line : log) lines.push_back(&line);
  if (lines.size() <= kLogLinesShown) return lines;
  std::vector<Nanos> marks;
  for (const Moment& moment : tell_story(record, verdict)) marks.push_back(moment.time);
  std::sort(marks.begin(), marks.end());
  const auto distance = [&](Nanos time) {
    const auto after = std::lower_bound(marks.begin(), marks.end(), time);
    Nanos nearest = kNever;
    if (after != marks.end()) nearest = *after - time;
    if (after != marks.begin()) nearest = std::min(nearest, time - *(after - 1));
    return nearest;
  };
  std::vector<std::pair<Nanos, const LogLine*>> by_distance;
  for (const LogLine* line : lines) by_distance.emplace_back(distance(line->time), line);
  std::nth_element(by_distance.begin(), by_distance.begin() + kLogLinesShown, by_distance.end());
  by_distance.resize(kLogLinesShown);
  lines.clear();
  for (const auto& [d, line] : by_distance) lines.push_back(line);
  std::sort(lines.begin(), lines.end());  // they lie in one array, in order of time
  return lines;
}

Json logs_json(const RunRecord& record, const RunVerdict& verdict) {
  Json lines = Json::array();
  const std::vector<LogLine> log = merged_log(record);
  for (const LogLine* line : chosen_log_lines(log, record, verdict)) {
    const std::string level = line->level ? std::string(1, line->level) : "";
    Json entry = {page_ms(line->time), line->node, level, line->text.substr(0, kLogTextShown)};
    if (is_undated(*line)) entry.push_back(true);
    lines.push_back(std::move(entry));
  }
  return {{"total", log.size()}, {"lines", lines}};
}

Json table_json(const StringTable& table) {
  Json out = Json::array();
  for (std::size_t i = 0; i < table.size(); ++i) out.push_back(table.text(static_cast<std::uint32_t>(i)));
  return out;
}

Json operations_json(const History& history) {
  Json functions = Json::array();
  for (int i = 0; i <= static_cast<int>(kLastFunction); ++i)
    functions.push_back(to_string(static_cast<Function>(i)));
  return {{"count", history.operations.size()},
          {"functions", functions},
          {"keys", table_json(history.keys)},
          {"nodes", table_json(history.nodes)},
          {"errors", table_json(history.errors)}};
}

Json deeds_json(const DeedCounts& counts) {
  return {{"requested", counts.requested},
          {"verified", counts.verified},
          {"to_heal", counts.to_heal},
          {"healed", counts.healed}};
}

Json strength_json(const RunRecord& record, const Strength& s) {
  return {{"operations", s.operations},
          {"ok", s.ok},
          {"fail", s.fail},
          {"info", s.info},
          {"during_faults", s.during_faults},
          {"faults", deeds_json(s.faults)},
          {"commands", deeds_json(s.commands)},
          {"checks", s.checks},
          {"checks_complete", s.checks_complete},
          {"moved", record.counters.moved},
          {"asked", record.counters.asked},
          {"observer_looks", record.counters.observer_looks},
          {"observer_failures", record.counters.observer_failures}};
}

Json drawings_json(const ReportInput& input) {
  Json out = Json::array();
  for (const Drawing& drawing : topology_drawings(input.record))
    out.push_back({{"name", drawing.name}, {"caption", drawing.caption}, {"t", page_ms(drawing.time)}});
  return {{"list", out}, {"missing", input.drawings_missing}};
}

}  // namespace

Json page_data(const ReportInput& input) {
  const RunRecord& record = input.record;
  const RunVerdict& verdict = input.verdict;
  const Strength strength = measure_strength(record, verdict);
  return {{"schema", 1},
          {"verdict",
           {{"word", verdict_word(verdict)},
            {"sentence", verdict_sentence(record, verdict)},
            {"exit_code", verdict.exit_code}}},
          {"run", run_json(record)},
          {"servers", nlohmann::json(all_servers(record.info))},
          {"nodes", nodes_json(record)},
          {"faults", faults_json(record, strength)},
          {"commands", page_commands(record)},
          {"expectations", page_expectations(record)},
          {"failovers", failovers_json(record, verdict)},
          {"checks", checks_json(verdict)},
          {"anomalies", anomalies_json(record, verdict)},
          {"known", input.known},
          {"story", moments_json(tell_story(record, verdict))},
          {"strength", strength_json(record, strength)},
          {"lanes", lanes_json(record)},
          {"ownership", ownership_json(record)},
          {"availability", availability_json(record)},
          {"logs", logs_json(record, verdict)},
          {"drawings", drawings_json(input)},
          {"operations", operations_json(record.history)}};
}

std::string embeddable(const Json& data) {
  const std::string text = data.dump(-1, ' ', false, Json::error_handler_t::replace);
  std::string out;
  out.reserve(text.size());
  for (char c : text) {
    if (c == '<')
      out += "\\u003c";
    else if (c == '>')
      out += "\\u003e";
    else
      out += c;
  }
  return out;
}

}  // namespace harness::reporting

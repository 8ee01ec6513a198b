#include "reports/results.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "harness/core/coverage.h"
#include "harness/core/effect_json.h"
#include "harness/core/ended_early.h"
#include "harness/core/judged.h"
#include "harness/core/record_json.h"
#include "reports/latency.h"
#include "reports/story.h"
#include "reports/strength.h"
#include "reports/text.h"

namespace harness {
namespace {

using namespace reporting;

using Json = nlohmann::ordered_json;

Json validity(Validity valid) {
  if (valid == Validity::kUnknown || valid == Validity::kNotApplicable) return to_string(valid);
  return valid == Validity::kValid;
}

Json number(double value) {
  if (!std::isfinite(value)) return nullptr;
  if (value == std::floor(value) && std::fabs(value) < 9e15) return static_cast<std::int64_t>(value);
  return value;
}

Json measures(const Measures& figures) {
  Json out = Json::object();
  for (const auto& [name, value] : figures) out[name] = number(value);
  return out;
}

/// Milliseconds of run time, null for kNever.
Json ms(Nanos time) {
  return time == kNever ? Json(nullptr) : Json(std::round(to_ms(time) * 1000) / 1000);
}
Json ms_since(Nanos time, Nanos begin) {
  return time == kNever || begin == kNever ? Json(nullptr) : ms(time - begin);
}

Json anomaly_json(const RunRecord& record, const Anomaly& anomaly) {
  Json out = {{"type", anomaly.type},
              {"key", anomaly.key.empty() ? Json(nullptr) : Json(anomaly.key)},
              {"headline", headline(anomaly)},
              {"explanation", anomaly.explanation},
              {"operations", anomaly.operations},
              {"time_ms", ms(anomaly.time)},
              {"allowed", anomaly.allowed}};
  if (const auto seen = how_seen(record, anomaly); !seen.empty()) out["seen"] = seen;
  if (!anomaly.node.empty()) out["node"] = anomaly.node;
  if (!anomaly.promise.empty()) out["promise"] = anomaly.promise;
  if (anomaly.window != Window::kOutside) out["window"] = to_string(anomaly.window);
  if (!anomaly.known.empty()) out["known"] = anomaly.known;
  return out;
}

Json check_json(const RunRecord& record, const CheckResult& check) {
  Json anomalies = Json::array();
  for (const Anomaly& anomaly : check.anomalies) anomalies.push_back(anomaly_json(record, anomaly));
  return {{"name", check.name},
          {"valid", validity(check.valid)},
          {"allowed", check.allowed},
          {"known", check.known},
          {"violations", check.violations},
          {"bound", measures(check.bound)},
          {"measured", measures(check.measured)},
          {"explanation", check.explanation},
          {"anomalies", anomalies},
          {"truncated", check.truncated.empty() ? Json(nullptr) : Json(check.truncated)},
          {"operations", check.operations}};
}

/// Phases are lengths since the fault.
Json failover_json(const RunRecord& record, const Failover& f) {
  return {{"shard", f.shard},
          {"from", node_name(record, f.from)},
          {"to", node_name(record, f.to)},
          {"fault", f.fault},
          {"fault_at_ms", ms(f.fault_at)},
          {"pfail_ms", ms_since(f.pfail, f.fault_at)},
          {"fail_ms", ms_since(f.fail, f.fault_at)},
          {"election_ms", ms_since(f.election, f.fault_at)},
          {"promoted_ms", ms_since(f.promoted, f.fault_at)},
          {"first_write_ms", ms_since(f.first_write, f.fault_at)},
          {"converged_ms", ms_since(f.converged, f.fault_at)},
          {"bound_ms", number(f.bound_ms)},
          {"within_bound", f.within_bound}};
}

Json strength_json(const RunRecord& record, const RunVerdict& verdict) {
  const Strength s = measure_strength(record, verdict);
  Json faults = Json::array();
  for (std::size_t i = 0; i < record.faults.size(); ++i) {
    const FaultRecord& fault = record.faults[i];
    faults.push_back({{"fault", fault.fault},
                      {"description", fault.description},
                      {"requested_ms", ms(fault.requested)},
                      {"active_ms", ms(fault.active)},
                      {"healed_ms", ms(fault.healed)},
                      {"verified", fault.verified_active()},
                      {"command", is_command(record, fault)},
                      {"operations", s.per_fault[i] ? Json(*s.per_fault[i]) : Json()}});
  }
  return {{"operations", s.operations},
          {"ok", s.ok},
          {"fail", s.fail},
          {"info", s.info},
          {"operations_during_faults", s.during_faults},
          {"faults_requested", s.faults.requested},
          {"faults_verified", s.faults.verified},
          {"faults_to_heal", s.faults.to_heal},
          {"faults_healed", s.faults.healed},
          {"commands_requested", s.commands.requested},
          {"commands_verified", s.commands.verified},
          {"commands_to_heal", s.commands.to_heal},
          {"commands_healed", s.commands.healed},
          {"faults", faults},
          {"checks", s.checks},
          {"checks_complete", s.checks_complete},
          {"observer_looks", record.counters.observer_looks},
          {"observer_failures", record.counters.observer_failures}};
}

Json quantiles_json(const Quantiles& quantiles) {
  return {{"operations", quantiles.operations},
          {"p50_ms", ms(quantiles.p50)},
          {"p99_ms", ms(quantiles.p99)},
          {"p999_ms", ms(quantiles.p999)},
          {"max_ms", ms(quantiles.max)}};
}

/// Of acknowledged operations: in all, and around each fault.
Json latency_json(const RunRecord& record) {
  const Latency latency = measure_latency(record);
  Json faults = Json::array();
  for (std::size_t i = 0; i < latency.per_fault.size(); ++i) {
    const FaultLatency& around = latency.per_fault[i];
    faults.push_back({{"fault", record.faults[i].description},
                      {"before", quantiles_json(around.before)},
                      {"during", quantiles_json(around.during)},
                      {"after", quantiles_json(around.after)}});
  }
  return {{"all", quantiles_json(latency.all)}, {"faults", faults}};
}

/// States as the checkers found them: figures state_NAME, 1 where it was reached.
Json coverage_json(const RunRecord& record, const RunVerdict& verdict) {
  constexpr std::string_view kState = "state_";
  const Coverage coverage = coverage_of(record);
  Json states = Json::array();
  for (const CheckResult& check : verdict.checks)
    for (const auto& [name, value] : check.measured)
      if (name.starts_with(kState) && value > 0) states.push_back(name.substr(kState.size()));
  return {{"commands", coverage.commands}, {"errors", coverage.errors}, {"states", states}};
}

/// What the faults did to the cluster, and the commands of steps that did the like.
Json effects_json(const RunRecord& record) {
  Json effects = Json::array();
  for (const FaultRecord& fault : record.faults)
    for (const Effect& effect : fault.effects) {
      Json one = {{"step", fault.step}, {"fault", fault.fault}};
      one.update(Json(nlohmann::json(effect)));
      one["from_ms"] = ms(fault.requested);
      one["until_ms"] = ms(fault.healed);
      effects.push_back(std::move(one));
    }
  return effects;
}

Json commands_json(const RunRecord& record) {
  Json commands = Json::array();
  for (const CommandRecord& command : record.commands)
    commands.push_back({{"step", command.step},
                        {"node", command.node < 0 ? Json(nullptr) : Json(node_name(record, command.node))},
                        {"time_ms", ms(command.time)},
                        {"words", command.words},
                        {"reply", command.reply},
                        {"expected", command.expected.empty() ? Json(nullptr) : Json(command.expected)},
                        {"ok", command.ok}});
  return commands;
}

Json expectations_json(const RunRecord& record) {
  Json expectations = Json::array();
  for (const ExpectationRecord& one : record.expectations)
    expectations.push_back({{"step", one.step},
                            {"kind", to_string(one.kind)},
                            {"condition", one.condition},
                            {"began_ms", ms(one.began)},
                            {"held_ms", ms(one.held_at)},
                            {"until_ms", ms(one.until)},
                            {"failed", one.failed},
                            {"why", one.why.empty() ? Json(nullptr) : Json(one.why)}});
  return expectations;
}

/// A load's verdict stands under its name; a lone load of registers has the register checker's.
Json loads_json(const RunRecord& record, const RunVerdict& verdict) {
  Json loads = Json::array();
  for (std::size_t i = 0; i < record.plan.loads.size(); ++i) {
    const LoadPlan& load = record.plan.loads[i];
    Json checks = Json::array();
    for (const CheckResult& check : verdict.checks)
      if (check.name == load.name || (record.plan.loads.size() == 1 && check.name == load.workload))
        checks.push_back(check.name);
    Json one = {{"name", load.name}, {"workload", load.workload}, {"checks", std::move(checks)}};
    if (i < record.counters.loads.size()) {
      const LoadCounters& counters = record.counters.loads[i];
      one["ok"] = counters.ok;
      one["fail"] = counters.fail;
      one["info"] = counters.info;
      one["unanswered_final"] = counters.unanswered_final;
    }
    loads.push_back(std::move(one));
  }
  return loads;
}

/// What the plan lives with, and how often it was listed.
Json known_json(const RunRecord& record, const RunVerdict& verdict) {
  Json known = Json::array();
  for (const KnownViolation& line : record.plan.known) {
    std::size_t seen = 0;
    for (const CheckResult& check : verdict.checks)
      if (check.name == line.check)
        for (const Anomaly& anomaly : check.anomalies)
          seen += anomaly.type == line.anomaly && anomaly.known == line.reason;
    known.push_back({{"check", line.check},
                     {"anomaly", line.anomaly},
                     {"reason", line.reason},
                     {"builds", line.builds},
                     {"until", line.until},
                     {"listed", seen}});
  }
  return known;
}

/// Null of a run that went on to the end of its plan.
Json ended_early_json(const RunRecord& record) {
  const std::string violation = record.info.ended_early;
  if (violation.empty()) return nullptr;
  return {{"violation", violation}, {"steps_left_out", steps_left_out(record)}};
}

}  // namespace

std::string make_results(const ReportInput& input) {
  const RunRecord& record = input.record;
  const RunInfo& info = record.info;
  Json checks = Json::array();
  for (const CheckResult& check : input.verdict.checks) checks.push_back(check_json(record, check));
  Json failovers = Json::array();
  for (const Failover& f : input.verdict.failovers) failovers.push_back(failover_json(record, f));
  const Json results = {{"schema", 1},
                        {"verdict", verdict_word(input.verdict)},
                        {"exit_code", input.verdict.exit_code},
                        {"explanation", verdict_sentence(record, input.verdict)},
                        {"seed", info.seed},
                        {"scenario", info.scenario},
                        {"workload", info.workload},
                        {"run", info.id},
                        {"server", nlohmann::json(info.server)},
                        {"peers", nlohmann::json(info.peers)},
                        {"duration_ms", ms(info.end)},
                        {"ended_early", ended_early_json(record)},
                        {"checks", checks},
                        {"strength", strength_json(record, input.verdict)},
                        {"failovers", failovers},
                        {"effects", effects_json(record)},
                        {"commands", commands_json(record)},
                        {"expectations", expectations_json(record)},
                        {"loads", loads_json(record, input.verdict)},
                        {"known", known_json(record, input.verdict)},
                        {"latency", latency_json(record)},
                        {"coverage", coverage_json(record, input.verdict)},
                        {"reproduce", info.reproduce}};
  return results.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace harness

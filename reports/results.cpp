#include "reports/results.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "harness/core/coverage.h"
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

Json anomaly_json(const Anomaly& anomaly) {
  Json out = {{"type", anomaly.type},
              {"key", anomaly.key.empty() ? Json(nullptr) : Json(anomaly.key)},
              {"headline", headline(anomaly)},
              {"explanation", anomaly.explanation},
              {"operations", anomaly.operations},
              {"time_ms", ms(anomaly.time)},
              {"allowed", anomaly.allowed}};
  if (!anomaly.node.empty()) out["node"] = anomaly.node;
  if (!anomaly.promise.empty()) out["promise"] = anomaly.promise;
  if (anomaly.window != Window::kOutside) out["window"] = to_string(anomaly.window);
  if (!anomaly.known.empty()) out["known"] = anomaly.known;
  return out;
}

Json check_json(const CheckResult& check) {
  Json anomalies = Json::array();
  for (const Anomaly& anomaly : check.anomalies) anomalies.push_back(anomaly_json(anomaly));
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
                      {"operations", s.per_fault[i]}});
  }
  return {{"operations", s.operations},
          {"ok", s.ok},
          {"fail", s.fail},
          {"info", s.info},
          {"operations_during_faults", s.during_faults},
          {"faults_requested", s.faults_requested},
          {"faults_verified", s.faults_verified},
          {"faults_to_heal", s.faults_to_heal},
          {"faults_healed", s.faults_healed},
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

}  // namespace

std::string make_results(const ReportInput& input) {
  const RunRecord& record = input.record;
  const RunInfo& info = record.info;
  Json checks = Json::array();
  for (const CheckResult& check : input.verdict.checks) checks.push_back(check_json(check));
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
                        {"checks", checks},
                        {"strength", strength_json(record, input.verdict)},
                        {"failovers", failovers},
                        {"latency", latency_json(record)},
                        {"coverage", coverage_json(record, input.verdict)},
                        {"reproduce", info.reproduce}};
  return results.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace harness

#include "checkers/loads.h"

#include <algorithm>
#include <array>
#include <memory>
#include <set>

#include "checkers/models.h"
#include "checkers/objects/objects.h"
#include "checkers/promises/documented.h"
#include "checkers/promises/evidence.h"
#include "checkers/promises/list_cut.h"
#include "checkers/promises/load_rules.h"
#include "checkers/promises/message_rules.h"
#include "checkers/promises/migration_rules.h"
#include "checkers/promises/notice_rules.h"
#include "checkers/promises/waiting_rules.h"
#include "harness/core/check.h"

namespace harness {
namespace {

/// What a workload's operations are taken for. The one place that knows workloads by name, beside their
/// table.
struct WorkloadObject {
  std::string_view workload;
  std::array<std::string_view, 2> objects;  // of the ledger; the first is that of the workload's table
  LoadRule rule = nullptr;                  // what it promises beside
};
constexpr WorkloadObject kObjectOf[] = {
    {"register", {"register"}},
    {"hash", {"register"}},
    {"set", {"set"}},
    {"counter", {"counter"}},
    {"append", {"list-append"}, check_refused_transactions},
    {"wr", {"rw-register"}},
    {"queue", {"queue"}},
    {"bank", {"bank"}},
    {"unique-ids", {"unique-ids"}},
    {"zset", {"priority-queue"}, check_blocked_clients},
    {"lock", {"lock"}, check_lock_holders},
    {"stream", {"stream-group", "stream-entries"}, check_acknowledged_entries},
    {"expiry", {"expiry"}, check_expiry_times},
    {"wait", {"replicated-register"}, check_wait_replies},
    {"waitaof", {"replicated-register"}, check_wait_replies},
    {"replica-reads", {"replicated-register"}, check_replica_reads},
    {"multi-slot", {"group"}, check_groups},
    {"functions", {"group"}, check_groups},
    {"migrating", {"group"}, check_migrating},
    {"types", {"state"}, check_states},
    {"blocking", {"queue", "awaited-entries"}, check_blocked_clients},
    {"stale-client", {"register"}},
    {"replay", {"commands"}, check_replayed},
    {"pubsub", {"messages"}, check_messages},
    {"notices", {"messages"}, check_notices},
    {"shard-pubsub", {"messages"}, check_shard_messages},
};

std::vector<std::uint32_t> operations_of(const RunRecord& run, std::size_t load) {
  std::vector<std::uint32_t> operations;
  const auto& all = run.history.operations;
  for (std::uint32_t id = 0; id < all.size(); ++id)
    if (load_of_process(all[id].process, run.plan.loads.size()) == load) operations.push_back(id);
  return operations;
}

/// What a model of `harness check` says of those of the load's operations that are the object's, without the
/// instances that are decided already: searches for an order that is not there take longest.
CheckResult by_model(const Model& model, const RunRecord& run, const CheckOptions& options,
                     const ObjectEntry& entry, const std::vector<std::uint32_t>& operations,
                     const std::set<std::uint32_t>& decided) {
  const std::unique_ptr<Object> object = object_of(entry, run);
  History own;
  static_cast<HistoryTables&>(own) = run.history;
  own.events = run.history.events;
  for (const std::uint32_t id : operations) {
    const Operation& op = run.history.operations[id];
    if (!object->takes(op)) continue;
    object->prepare(op);
    if (!decided.contains(object->instance(op))) own.operations.push_back(op);
  }
  ModelOptions with;
  with.budget = options.budget;
  return model.check(own, with);
}

/// Adds what another check found. A doubt of either stays one though violations of the other outweigh it now:
/// they may turn out to be known.
void join(const CheckResult& other, CheckResult& result) {
  const bool doubted = other.valid == Validity::kUnknown || result.valid == Validity::kUnknown;
  result.doubtful = result.doubtful || other.doubtful || doubted;
  result.valid = worst(result.valid, other.valid);
  result.allowed += other.allowed;
  result.violations += other.violations;
  for (const Anomaly& anomaly : other.anomalies) list_anomaly(result, anomaly);
  const bool list_alone = result.truncated.empty() || result.truncated == list_cut();
  if (list_alone && !other.truncated.empty()) result.truncated = other.truncated;
}

/// Adds the model's verdict to the documented one: what it finds is a violation.
void add_strict(const CheckResult& strict, std::string_view model, CheckResult& result) {
  join(strict, result);
  if (strict.valid != Validity::kValid)
    result.explanation = "By the model " + std::string(model) + ": " + strict.explanation +
                         (result.explanation.empty() ? "" : " " + result.explanation);
}

/// REQUIRES: the table's models exist.
const Model& model_of(std::string_view name) {
  const Model* model = find_model(name);
  CHECK_THAT_HOLDS(model != nullptr, "there is a model " + std::string(name));
  return *model;
}

const WorkloadObject* line_of(std::string_view workload) {
  for (const WorkloadObject& line : kObjectOf)
    if (line.workload == workload) return &line;
  return nullptr;
}

/// Joins what another object says of the same operations.
void add_object(const CheckResult& other, CheckResult& result) {
  join(other, result);
  result.operations += other.operations;
  if (!other.explanation.empty())
    result.explanation += (result.explanation.empty() ? "" : " ") + other.explanation;
  for (const auto& measured : other.measured) {
    const auto same = std::find_if(result.measured.begin(), result.measured.end(),
                                   [&](const auto& known) { return known.first == measured.first; });
    if (same == result.measured.end())
      result.measured.push_back(measured);
    else if (measured.first == "lost_writes" || measured.first == "stale_reads")
      same->second += measured.second;
  }
}

/// What no object of the load knows how to judge.
void doubt_what_is_not_taken(const WorkloadObject& line, const RunRecord& run,
                             const std::vector<std::uint32_t>& operations, CheckResult& result) {
  std::vector<std::unique_ptr<Object>> objects;
  for (const std::string_view name : line.objects)
    if (!name.empty()) objects.push_back(find_object(name)->make(run.history));
  std::size_t strange = 0;
  for (const std::uint32_t id : operations) {
    const Operation& op = run.history.operations[id];
    strange += op.outcome == Outcome::kOk && std::none_of(objects.begin(), objects.end(),
                                                          [&](const auto& each) { return each->takes(op); });
  }
  if (strange > 0)
    doubt(result, std::to_string(strange) + " answered operations are of a kind that is not judged here.");
}

/// Models of `harness check` know no removal.
bool removes(const RunRecord& run, const std::vector<std::uint32_t>& operations) {
  return std::any_of(operations.begin(), operations.end(), [&](std::uint32_t id) {
    return run.history.operations[id].function == Function::kRemove;
  });
}

CheckResult check_load(const Analysis& analysis, const CheckOptions& options, std::size_t load) {
  const RunRecord& run = analysis.run;
  const std::string& workload = run.plan.loads[load].workload;
  const WorkloadObject* line = line_of(workload);
  const auto operations = operations_of(run, load);
  CheckResult result;
  result.valid = Validity::kValid;
  if (line == nullptr) {
    doubt(result, "Nothing here judges the workload " + workload + ".");
    return result;
  }
  if (operations.empty()) {
    doubt(result, "No operation of this load was recorded.");
    return result;
  }
  for (const std::string_view& name : line->objects) {
    if (name.empty()) continue;
    const ObjectEntry& object = *find_object(name);
    std::set<std::uint32_t> decided;
    CheckResult judged = check_object(analysis, options, object, operations, &decided);
    const bool strict = options.strict || run.info.strict;
    if (strict && !object.strict_model.empty() && !removes(run, operations))
      add_strict(by_model(model_of(object.strict_model), run, options, object, operations, decided),
                 object.strict_model, judged);
    if (&name == &line->objects.front())
      result = std::move(judged);
    else
      add_object(judged, result);
  }
  if (line->rule != nullptr) line->rule(analysis, operations, result);
  doubt_what_is_not_taken(*line, run, operations, result);
  tell_outcome(result);
  return result;
}

}  // namespace

const ObjectEntry* object_of_workload(std::string_view workload) {
  const WorkloadObject* line = line_of(workload);
  return line == nullptr ? nullptr : find_object(line->objects.front());
}

std::vector<CheckResult> check_loads(const Analysis& analysis, const CheckOptions& options) {
  std::vector<CheckResult> results;
  for (std::size_t load = 0; load < analysis.run.plan.loads.size(); ++load) {
    results.push_back(check_load(analysis, options, load));
    results.back().name = analysis.run.plan.loads[load].name;
  }
  return results;
}

}  // namespace harness

#include "checkers/loads.h"

#include <algorithm>

#include "checkers/models.h"
#include "checkers/objects/objects.h"
#include "checkers/promises/documented.h"
#include "checkers/promises/effects.h"
#include "checkers/promises/evidence.h"
#include "harness/core/check.h"

namespace harness {
namespace {

/// What a workload's operations are taken for. The one place that knows workloads by name, beside their
/// table.
struct WorkloadObject {
  std::string_view workload;
  std::string_view object;        // of the ledger; empty: it knows none
  std::string_view strict_model;  // of `harness check`, where there is no object
};
constexpr WorkloadObject kObjectOf[] = {
    {"register", "register", {}}, {"hash", "register", {}},         {"set", "set", {}},
    {"counter", "counter", {}},   {"append", "list-append", {}},    {"queue", {}, "queue"},
    {"bank", {}, "bank"},         {"unique-ids", {}, "unique-ids"},
};

std::vector<std::uint32_t> operations_of(const RunRecord& run, std::size_t load) {
  std::vector<std::uint32_t> operations;
  const auto& all = run.history.operations;
  for (std::uint32_t id = 0; id < all.size(); ++id)
    if (load_of_process(all[id].process, run.plan.loads.size()) == load) operations.push_back(id);
  return operations;
}

/// What a model of `harness check` says of the load's operations alone.
CheckResult by_model(const Model& model, const RunRecord& run, const CheckOptions& options,
                     const std::vector<std::uint32_t>& operations) {
  History own;
  static_cast<HistoryTables&>(own) = run.history;
  own.events = run.history.events;
  for (const std::uint32_t id : operations) own.operations.push_back(run.history.operations[id]);
  ModelOptions with;
  with.budget = options.budget;
  return model.check(own, with);
}

/// Adds the model's verdict to the documented one: what it finds is a violation.
void add_strict(const CheckResult& strict, std::string_view model, CheckResult& result) {
  result.valid = worst(result.valid, strict.valid);
  result.violations += strict.violations;
  for (const Anomaly& anomaly : strict.anomalies)
    if (result.anomalies.size() < kAnomaliesListed) result.anomalies.push_back(anomaly);
  if (strict.valid != Validity::kValid)
    result.explanation = "By the model " + std::string(model) + ": " + strict.explanation +
                         (result.explanation.empty() ? "" : " " + result.explanation);
}

/// Every master was one from the beginning to the end, and no data was removed on purpose: no window is open.
bool nothing_may_be_lost(const Analysis& analysis) {
  const auto& terms = analysis.terms.all();
  const auto& faults = analysis.run.faults;
  return !terms.empty() &&
         std::ranges::all_of(terms, [](const Term& term) { return term.origin == Term::Origin::kCreated; }) &&
         std::ranges::none_of(faults, [](const FaultRecord& fault) {
           return has_effect(
               fault, {EffectKind::kData, EffectKind::kMembership, EffectKind::kDown, EffectKind::kHandover});
         });
}

/// A load without an object. What is strictly right lost nothing; of anything else nobody can tell whether a
/// window allows it.
CheckResult without_object(const Model& model, const Analysis& analysis, const CheckOptions& options,
                           const std::vector<std::uint32_t>& operations) {
  const RunRecord& run = analysis.run;
  const CheckResult strict = by_model(model, run, options, operations);
  CheckResult result;
  result.operations = operations.size();
  result.valid = Validity::kValid;
  result.explanation = strict.explanation;
  if (strict.valid == Validity::kValid) return result;
  result.explanation.clear();
  if (options.strict || run.info.strict || nothing_may_be_lost(analysis)) {
    add_strict(strict, model.name, result);
  } else {
    doubt(result, "By the model " + std::string(model.name) + ": " + strict.explanation +
                      " Whether a documented window allows that is not judged for this workload.");
  }
  return result;
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

CheckResult check_load(const Analysis& analysis, const CheckOptions& options, std::size_t load) {
  const RunRecord& run = analysis.run;
  const std::string& workload = run.plan.loads[load].workload;
  const WorkloadObject* line = line_of(workload);
  const auto operations = operations_of(run, load);
  CheckResult result;
  result.valid = Validity::kValid;
  if (line == nullptr) {
    doubt(result, "Nothing here judges the workload " + workload + ".");
  } else if (operations.empty()) {
    doubt(result, "No operation of this load was recorded.");
  } else if (line->object.empty()) {
    result = without_object(model_of(line->strict_model), analysis, options, operations);
  } else {
    const ObjectEntry& object = *find_object(line->object);
    result = check_object(analysis, options, object, operations);
    const bool strict = options.strict || run.info.strict;
    if (strict && !object.strict_model.empty())
      add_strict(by_model(model_of(object.strict_model), run, options, operations), object.strict_model,
                 result);
  }
  return result;
}

}  // namespace

const ObjectEntry* object_of_workload(std::string_view workload) {
  const WorkloadObject* line = line_of(workload);
  return line == nullptr || line->object.empty() ? nullptr : find_object(line->object);
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

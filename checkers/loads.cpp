#include "checkers/loads.h"

#include "checkers/models.h"
#include "checkers/objects/objects.h"
#include "checkers/promises/documented.h"
#include "checkers/promises/evidence.h"

namespace harness {
namespace {

/// What a workload's operations are taken for. The one place that knows workloads by name, beside their
/// table.
struct WorkloadObject {
  std::string_view workload;
  std::string_view object;
};
constexpr WorkloadObject kObjectOf[] = {
    {"register", "register"}, {"hash", "register"},      {"set", "set"},
    {"counter", "counter"},   {"append", "list-append"},
};

std::vector<std::uint32_t> operations_of(const RunRecord& run, std::size_t load) {
  std::vector<std::uint32_t> operations;
  const auto& all = run.history.operations;
  for (std::uint32_t id = 0; id < all.size(); ++id)
    if (load_of_process(all[id].process, run.plan.loads.size()) == load) operations.push_back(id);
  return operations;
}

/// The model's verdict on the load's operations, added to the documented one: what it finds is a violation.
void add_strict(const RunRecord& run, const CheckOptions& options, const ObjectEntry& object,
                const std::vector<std::uint32_t>& operations, CheckResult& result) {
  const Model* model = find_model(object.strict_model);
  if (model == nullptr) return;
  History own;
  static_cast<HistoryTables&>(own) = run.history;
  own.events = run.history.events;
  for (const std::uint32_t id : operations) own.operations.push_back(run.history.operations[id]);
  ModelOptions with;
  with.budget = options.budget;
  CheckResult strict = model->check(own, with);
  result.valid = worst(result.valid, strict.valid);
  result.violations += strict.violations;
  for (Anomaly& anomaly : strict.anomalies)
    if (result.anomalies.size() < kAnomaliesListed) result.anomalies.push_back(std::move(anomaly));
  if (strict.valid != Validity::kValid)
    result.explanation = "By the model " + std::string(model->name) + " (--strict): " + strict.explanation +
                         (result.explanation.empty() ? "" : " " + result.explanation);
}

}  // namespace

const ObjectEntry* object_of_workload(std::string_view workload) {
  for (const WorkloadObject& entry : kObjectOf)
    if (entry.workload == workload) return find_object(entry.object);
  return nullptr;
}

std::vector<CheckResult> check_loads(const RunRecord& run, const CheckOptions& options) {
  std::vector<CheckResult> results;
  for (std::size_t load = 0; load < run.plan.loads.size(); ++load) {
    const LoadPlan& plan = run.plan.loads[load];
    const ObjectEntry* object = object_of_workload(plan.workload);
    const auto operations = operations_of(run, load);
    CheckResult result;
    result.valid = Validity::kValid;
    if (object == nullptr) {
      result.explanation = "Does not apply: no object is known for the workload " + plan.workload + ".";
    } else if (operations.empty()) {
      doubt(result, "No operation of this load was recorded.");
    } else {
      result = check_object(run, options, *object, operations);
      if (options.strict || run.info.strict) add_strict(run, options, *object, operations, result);
    }
    result.name = plan.name;
    results.push_back(std::move(result));
  }
  return results;
}

}  // namespace harness

#include "harness/core/ended_early.h"

#include <set>

namespace harness {
namespace {

constexpr const char* kEndedEarly = "ended early";  // in RunInfo::environment

}  // namespace

void note_early_end(RunInfo& info, const std::string& violation) {
  info.environment[kEndedEarly] = violation;
}

std::string ended_early(const RunInfo& info) {
  const auto noted = info.environment.find(kEndedEarly);
  return noted == info.environment.end() ? std::string() : noted->second;
}

std::vector<std::string> steps_left_out(const RunRecord& record) {
  if (ended_early(record.info).empty()) return {};
  std::set<std::string> begun;
  for (const FaultRecord& fault : record.faults) begun.insert(fault.step);
  for (const CommandRecord& command : record.commands) begun.insert(command.step);
  for (const ExpectationRecord& one : record.expectations)
    if (one.kind != ExpectationRecord::Kind::kWhen) begun.insert(one.step);
  std::vector<std::string> left_out;
  for (const StepPlan& step : record.plan.steps)
    if (step.kind != StepPlan::Kind::kHeal && begun.count(step.id) == 0) left_out.push_back(step.id);
  return left_out;
}

}  // namespace harness

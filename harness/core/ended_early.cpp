#include "harness/core/ended_early.h"

#include <set>

namespace harness {
std::vector<std::string> steps_left_out(const RunRecord& record) {
  if (record.info.ended_early.empty()) return {};
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

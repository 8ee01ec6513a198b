#include "harness/run/start_line.h"

#include <fmt/format.h>

namespace harness {
namespace {

/// "register x24 clients"
std::string load_names(const Plan& plan) {
  std::string names;
  for (const LoadPlan& load : plan.loads)
    names += (names.empty() ? "" : ", ") + load.name + " x" + std::to_string(load.concurrency);
  return names.empty() ? "no load" : names + " clients";
}

std::string fault_names(const Plan& plan) {
  std::string names;
  for (const StepPlan& step : plan.steps)
    if (step.kind == StepPlan::Kind::kFault) names += (names.empty() ? "" : ", ") + step.name;
  return names.empty() ? "none" : names;
}

}  // namespace

std::string start_line(const Plan& plan, Nanos took) {
  return fmt::format("cluster ready {:.1f} s   {}   faults: {}", to_seconds(took), load_names(plan),
                     fault_names(plan));
}

}  // namespace harness

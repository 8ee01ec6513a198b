#include "harness/suite/coverage_order.h"

#include <algorithm>
#include <set>
#include <utility>

namespace harness {
namespace {

using Seen = std::set<std::string>;
using Gain = std::pair<std::ptrdiff_t, std::ptrdiff_t>;  // new workloads, new faults

std::ptrdiff_t new_in(const std::vector<std::string>& names, const Seen& seen) {
  return std::ranges::count_if(names, [&](const std::string& name) { return !seen.contains(name); });
}

std::vector<std::string> without_repeats(std::vector<std::string> names) {
  std::ranges::sort(names);
  const auto rest = std::ranges::unique(names);
  names.erase(rest.begin(), rest.end());
  return names;
}

}  // namespace

Exercise exercise_of(const Plan& plan) {
  Exercise exercise;
  for (const LoadPlan& load : plan.loads) exercise.workloads.push_back(load.workload);
  for (const StepPlan& step : plan.steps)
    if (step.kind == StepPlan::Kind::kFault) exercise.faults.push_back(step.name);
  return {without_repeats(std::move(exercise.workloads)), without_repeats(std::move(exercise.faults))};
}

std::vector<std::size_t> cover_first(std::span<const Exercise> items) {
  std::vector<std::size_t> left(items.size());
  for (std::size_t i = 0; i < left.size(); ++i) left[i] = i;
  std::vector<std::size_t> order;
  Seen workloads;
  Seen faults;
  while (!left.empty()) {
    const auto gain = [&](std::size_t i) {
      return Gain{new_in(items[i].workloads, workloads), new_in(items[i].faults, faults)};
    };
    const auto best = std::ranges::max_element(left, {}, gain);  // the first of equal ones
    if (gain(*best) == Gain{}) break;                            // nothing is new any more
    workloads.insert(items[*best].workloads.begin(), items[*best].workloads.end());
    faults.insert(items[*best].faults.begin(), items[*best].faults.end());
    order.push_back(*best);
    left.erase(best);
  }
  order.insert(order.end(), left.begin(), left.end());
  return order;
}

}  // namespace harness

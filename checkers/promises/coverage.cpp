#include "checkers/promises/coverage.h"

#include "checkers/promises/analysis.h"
#include "checkers/promises/evidence.h"
#include "checkers/promises/reached.h"
#include "harness/core/counted.h"
#include "harness/core/coverage.h"

namespace harness {

CheckResult check_coverage(const Analysis& analysis, const CheckOptions&) {
  const Coverage coverage = coverage_of(analysis.run);
  CheckResult result;
  result.name = "coverage";
  result.valid = Validity::kValid;
  result.operations = coverage.commands.size();
  std::string states;
  for (const ReachedState& state : reached_states(analysis)) {
    if (!state.reached) continue;
    figure(result.measured, "state_" + std::string(state.name), *state.reached ? 1 : 0);
    if (*state.reached) states += (states.empty() ? "" : ", ") + std::string(state.name);
  }
  if (coverage.commands.empty()) {
    result.valid = Validity::kNotApplicable;
    result.explanation = "Does not apply: no node told which commands it had carried out.";
    return result;
  }
  figure(result.measured, "commands", static_cast<double>(coverage.commands.size()));
  figure(result.measured, "errors", static_cast<double>(coverage.errors.size()));
  result.explanation = counted_noun(coverage.commands.size(), "command") + " carried out, " +
                       counted_noun(coverage.errors.size(), "kind") + " of error reply given; states: " +
                       (states.empty() ? "none of those that are looked for" : states) + ".";
  return result;
}

}  // namespace harness

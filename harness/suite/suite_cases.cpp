#include "harness/suite/suite_cases.h"

#include "reports/headline.h"

namespace harness {

std::map<std::pair<std::string, std::string>, Cases> cases_of(const SuiteResult& result) {
  std::map<std::pair<std::string, std::string>, Cases> all;
  for (const RunOutcome& run : result.runs) {
    Cases& cases = all[{run.scenario, run.build}];
    cases.runs.push_back(&run);
    for (const auto& [name, valid] : run.checks) {
      Promise& promise = cases.promises[name];
      ++(valid == "true"      ? promise.valid
         : valid == "false"   ? promise.invalid
         : valid == "unknown" ? promise.unknown
                              : promise.not_applicable);
    }
  }
  return all;
}

std::string failure_text(const Cases& cases, const std::string& check, const std::string& folder) {
  constexpr int kMost = 10;
  std::string text;
  int shown = 0;
  for (const RunOutcome* run : cases.runs)
    for (const Violation& violation : run->violations) {
      if (violation.check != check || !violation.known.empty() || ++shown > kMost) continue;
      text += reporting::type_words(violation.type) + ": " + violation.headline + "\n  seed " +
              std::to_string(run->seed) + "\n  store " + (folder.empty() ? "" : folder + "/") + run->store +
              "\n  repeat it with: " + run->reproduce + "\n";
    }
  if (shown > kMost) text += std::to_string(shown - kMost) + " more; results.json has them.\n";
  return text;
}

}  // namespace harness

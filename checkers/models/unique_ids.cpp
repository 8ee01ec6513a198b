#include "checkers/models/unique_ids.h"

#include <unordered_map>

#include "checkers/common/findings.h"
#include "checkers/common/patience.h"

namespace harness {

CheckResult check_unique_ids(const History& history, const ModelOptions& options) {
  Findings findings("unique-ids", history);
  Patience patience(options.budget, findings);
  const ByKey by_key = split_by_key(history);
  double generated = 0;
  for (std::size_t slot = 0; slot < by_key.size(); ++slot) {
    std::unordered_map<std::uint64_t, std::uint32_t> first;  // value bits -> who got it first
    for (const std::uint32_t i : by_key.group(slot)) {
      if (patience.ended()) break;
      const Operation& op = history.operations[i];
      if (op.function != Function::kGenerate)
        throw OperationRefused(op.invoke_event,
                               "unique ids have generate, not '" + std::string(to_string(op.function)) + "'");
      if (op.outcome != Outcome::kOk) continue;
      ++generated;
      const auto [at, fresh] = first.try_emplace(op.result.bits(), i);
      if (fresh) continue;
      const std::uint32_t involved[] = {at->second, i};
      findings.add("duplicate-id", involved,
                   words(history, at->second) + " and " + words(history, i) + of_key(history, op.key) +
                       " got the same identifier.");
    }
  }
  findings.measure("generated", generated);
  if (generated == 0) findings.unknown("no identifier was generated");
  return findings.finish("No identifier was given twice.");
}

}  // namespace harness

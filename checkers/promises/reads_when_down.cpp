#include "checkers/promises/reads_when_down.h"

#include <algorithm>
#include <string>

#include "checkers/promises/effects.h"
#include "harness/core/same_word.h"

namespace harness {
namespace {

constexpr std::string_view kDirective = "cluster-allow-reads-when-down";

using Directives = std::map<std::string, std::string>;

/// The node's own directive counts before the cluster's.
bool configured(const RunRecord& run, int node) {
  const auto own = run.plan.cluster.nodes.find(node_name(run, node));
  const Directives& all = run.plan.cluster.directives;
  const auto says = [](const Directives& directives) {
    const auto found = directives.find(std::string(kDirective));
    return found != directives.end() && same_word(found->second, "YES");
  };
  if (own != run.plan.cluster.nodes.end() && own->second.directives.contains(std::string(kDirective)))
    return says(own->second.directives);
  return says(all);
}

/// A fault tells its setting in the effect's detail, a command of the plan in its words.
bool given_anew(const RunRecord& run, int node) {
  return std::ranges::any_of(run.faults, [&](const FaultRecord& fault) {
    if (!has_effect(fault, {EffectKind::kConfig}) || !acts_on(run, fault, node)) return false;
    const auto names_it = [](const std::string& text) { return text.find(kDirective) != std::string::npos; };
    return names_it(fault.description) ||
           std::ranges::any_of(fault.effects, [&](const Effect& effect) { return names_it(effect.detail); });
  });
}

/// A list of ["r", key, value] and nothing else.
bool only_reads(const ValueTable& values, Value transaction) {
  if (transaction.kind() != Value::Kind::kList) return false;
  return std::ranges::all_of(values.as_list(transaction), [&](const Value each) {
    if (each.kind() != Value::Kind::kList || values.as_list(each).empty()) return false;
    const Value what = values.as_list(each)[0];
    return what.kind() == Value::Kind::kText && values.as_text(what) == "r";
  });
}

}  // namespace

bool may_read_when_down(const RunRecord& run, int node) {
  return configured(run, node) || given_anew(run, node);
}

bool changes_data(const History& history, const Operation& operation) {
  switch (operation.function) {
    case Function::kRead:
    case Function::kGet:
      return false;
    case Function::kTxn:
      return !only_reads(history.values, operation.argument);
    default:
      return true;
  }
}

}  // namespace harness

#include "checkers/promises/node_settings.h"

#include <algorithm>
#include <string>

#include "checkers/promises/effects.h"
#include "harness/core/same_word.h"

namespace harness {
namespace {

using Directives = std::map<std::string, std::string>;
using Names = std::span<const std::string_view>;

const std::string* find(const Directives& directives, Names names) {
  for (const auto& [name, value] : directives)
    if (std::ranges::find(names, name) != names.end()) return &value;
  return nullptr;
}

/// The node's own directive counts before the cluster's.
bool configured(const RunRecord& run, int node, Names names) {
  const auto own = run.plan.cluster.nodes.find(node_name(run, node));
  const std::string* value =
      own == run.plan.cluster.nodes.end() ? nullptr : find(own->second.directives, names);
  if (value == nullptr) value = find(run.plan.cluster.directives, names);
  return value != nullptr && same_word(*value, "YES");
}

/// A fault tells its setting in the effect's detail, a command of the plan in its words.
bool given_anew(const RunRecord& run, int node, Names names) {
  const auto names_it = [&](const std::string& text) {
    return std::ranges::any_of(names,
                               [&](std::string_view one) { return text.find(one) != std::string::npos; });
  };
  return std::ranges::any_of(run.faults, [&](const FaultRecord& fault) {
    if (!has_effect(fault, {EffectKind::kConfig}) || !acts_on(run, fault, node)) return false;
    return names_it(fault.description) ||
           std::ranges::any_of(fault.effects, [&](const Effect& effect) { return names_it(effect.detail); });
  });
}

}  // namespace

bool may_be_on(const RunRecord& run, int node, std::span<const std::string_view> names) {
  return configured(run, node, names) || given_anew(run, node, names);
}

}  // namespace harness

#include "checkers/promises/evictions.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "checkers/promises/effects.h"
#include "harness/core/command_effects.h"

namespace harness {
namespace {

constexpr std::string_view kLimit = "maxmemory";
constexpr std::string_view kPolicy = "maxmemory-policy";

bool is_limit(std::string_view value) {
  return value.find_first_not_of("0bkmgBKMG") != std::string_view::npos;
}
bool is_evicting(std::string_view policy) {
  return !policy.empty() && policy != "noeviction";
}

/// What the plan gives a node when it starts; empty: the server's own.
std::string directive(const RunRecord& run, int node, std::string_view name) {
  const ClusterPlan& cluster = run.plan.cluster;
  const std::string key(name);
  const auto own = cluster.nodes.find(run.nodes[static_cast<std::size_t>(node)].name);
  if (own != cluster.nodes.end() && own->second.directives.contains(key))
    return own->second.directives.at(key);
  const auto found = cluster.directives.find(key);
  return found == cluster.directives.end() ? std::string{} : found->second;
}

/// Whether the fault set a limit, or a policy, under which keys are evicted; "maxmemory 3mb".
bool lets_evict(const FaultRecord& fault) {
  return std::ranges::any_of(fault.effects, [](const Effect& effect) {
    const std::string_view detail = effect.detail;
    const auto value = [&](std::string_view name) {
      const bool is_named = detail.starts_with(name) && detail.substr(name.size()).starts_with(' ');
      return is_named ? detail.substr(name.size() + 1) : std::string_view{};
    };
    return effect.kind == EffectKind::kConfig && (is_limit(value(kLimit)) || is_evicting(value(kPolicy)));
  });
}

FaultRecord eviction_at(std::vector<int> nodes, Nanos from, Nanos until) {
  FaultRecord record;
  record.fault = "eviction";
  record.description = "keys are evicted";
  record.heals = true;
  record.requested = record.active = from;
  record.healed = until;
  Effect data;
  data.kind = EffectKind::kData;
  data.nodes = record.nodes = std::move(nodes);
  record.effects.push_back(std::move(data));
  return record;
}

}  // namespace

std::vector<FaultRecord> evictions(const RunRecord& run) {
  std::vector<FaultRecord> all;
  if (!has_evicting_policy(run)) return all;
  std::vector<int> from_the_start;
  for (int node = 0; node < static_cast<int>(run.nodes.size()); ++node)
    if (is_limit(directive(run, node, kLimit)) && is_evicting(directive(run, node, kPolicy)))
      from_the_start.push_back(node);
  if (!from_the_start.empty()) all.push_back(eviction_at(std::move(from_the_start), -kNever / 2, kNever));
  for (const FaultRecord& fault : run.faults)
    if (lets_evict(fault) && !has_effect(fault, {EffectKind::kData}))
      all.push_back(eviction_at(fault.nodes, fault.requested, fault.heals ? fault.healed : kNever));
  return all;
}

}  // namespace harness

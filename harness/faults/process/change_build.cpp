#include "harness/faults/process/change_build.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/cluster/shape.h"
#include "harness/core/check.h"
#include "harness/faults/common/target.h"
#include "harness/faults/process/roll.h"

namespace harness {
namespace {

std::string build_text(const Flavor& flavor) {
  return fmt::format("{} {}", to_string(flavor.kind), flavor.version_text);
}

/// The build that the request means; null, with the reason, when the plan had none made ready.
const Flavor* wanted_build(const FaultContext& context, const FaultRequest& request, std::string& problem) {
  const ClusterOptions& options = context.cluster.options();
  std::string spec = request.with.text("server");
  if (spec.empty() && !options.upgrade_to.empty()) spec = options.upgrade_to.front();
  const auto specs = specs_of(options);
  const auto found = std::ranges::find(specs, spec);
  const auto number = static_cast<std::size_t>(found - specs.begin());
  if (!spec.empty() && number < options.flavors.size()) return &options.flavors[number];
  problem = spec.empty() ? "there is no build to restart as: give --upgrade-to SPEC, or 'server'"
                         : "the plan has no build '" + spec + "'";
  return nullptr;
}

void replicas_first(FaultContext& context, std::vector<Node*>& nodes) {
  const std::vector<int> masters = context.cluster.look().masters();
  std::ranges::stable_partition(
      nodes, [&](const Node* node) { return std::ranges::count(masters, node->number()) == 0; });
}

using WhyNot = std::string (*)(const Flavor& now, const Flavor& wanted);

std::string why_no_upgrade(const Flavor& now, const Flavor& wanted) {
  if (wanted.loads_rdb(now.rdb_version())) return {};
  return fmt::format("{} cannot load what {} wrote (RDB version {})", build_text(wanted), build_text(now),
                     now.rdb_version());
}

std::string why_no_downgrade(const Flavor& now, const Flavor& wanted) {
  return now.why_no_exchange(wanted);
}

std::unique_ptr<ActiveFault> change_build(FaultContext& context, const FaultRequest& request,
                                          FaultRecord& record, WhyNot why_not) {
  TargetNodes aim = resolve_target(context, request.target);
  record.requested = context.clock.now();
  record.error = aim.problem;
  const Flavor* wanted = aim.nodes.empty() ? nullptr : wanted_build(context, request, record.error);
  record.description = fmt::format("{} {}{}", record.fault, aim.description,
                                   wanted ? " to " + build_text(*wanted) : std::string());
  if (!wanted) return nullptr;
  for (const Node* node : aim.nodes)
    if (record.error = why_not(node->flavor(), *wanted); !record.error.empty()) return nullptr;
  replicas_first(context, aim.nodes);
  const auto pause = std::chrono::milliseconds(static_cast<int>(request.with.number("pause") * 1000));
  roll(context, aim.nodes, pause, record, [&](Node& node) { node.change_build(*wanted); });
  if (record.verified_active()) record.evidence += ", now " + build_text(*wanted);
  return nullptr;
}

}  // namespace

std::unique_ptr<ActiveFault> inject_upgrade(FaultContext& context, const FaultRequest& request,
                                            FaultRecord& record) {
  return change_build(context, request, record, why_no_upgrade);
}

std::unique_ptr<ActiveFault> inject_downgrade(FaultContext& context, const FaultRequest& request,
                                              FaultRecord& record) {
  return change_build(context, request, record, why_no_downgrade);
}

}  // namespace harness

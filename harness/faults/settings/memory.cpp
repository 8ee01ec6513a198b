#include "harness/faults/settings/memory.h"

#include <fmt/format.h>

#include <cmath>

#include "harness/faults/common/administration.h"
#include "harness/faults/common/target.h"
#include "harness/faults/settings/settings.h"

namespace harness {
namespace {

/// What the node uses now, by its own word; 0, with the reason, when it does not say.
double used_memory(const Node& node, std::string& problem) {
  const auto info = tell(node, {"INFO", "memory"}, problem);
  if (!info) return 0;
  constexpr std::string_view kLine = "\nused_memory:";
  const std::size_t place = info->text.find(kLine);
  if (place != std::string::npos) return std::atof(info->text.c_str() + place + kLine.size());
  problem = node.name() + " does not say what memory it uses";
  return 0;
}

std::vector<Effect> effects(const FaultRecord& record, const std::string& limit, bool evicts) {
  Effect config;
  config.kind = EffectKind::kConfig;
  config.nodes = record.nodes;
  config.detail = "maxmemory " + limit;
  if (!evicts) return {config};
  Effect data;
  data.kind = EffectKind::kData;
  data.nodes = record.nodes;
  data.detail = "keys are evicted";
  return {config, data};
}

}  // namespace

std::unique_ptr<ActiveFault> inject_memory(FaultContext& context, const FaultRequest& request,
                                           FaultRecord& record) {
  Node* node = aim_at_one(context, request.target, record);
  if (!node) return nullptr;
  const double used = used_memory(*node, record.error);
  if (used <= 0) return nullptr;
  const std::string policy = request.with.text("policy");
  const std::string limit = std::to_string(std::llround(used * request.with.number("percent") / 100));
  record.description = fmt::format("maxmemory {} ({}) on {}", limit, policy, record.description);
  record.effects = effects(record, limit, policy != kMemoryPolicies[0]);
  std::vector<ChangedSetting> changed;
  record.requested = context.clock.now();
  if (change_setting(*node, "maxmemory-policy", policy, record, changed) &&
      change_setting(*node, "maxmemory", limit, record, changed))
    record.active = context.clock.now();
  return until_put_back(std::move(changed), context.clock);
}

}  // namespace harness

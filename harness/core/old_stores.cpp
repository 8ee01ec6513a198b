#include "harness/core/old_stores.h"

namespace harness {
namespace {

struct OldFault {
  std::string_view name;
  EffectKind kind;
  bool reports = false;  // the server writes a report of its crash
};
constexpr OldFault kOldFaults[] = {
    {"debug-segfault", EffectKind::kDown, true},
    {"kill", EffectKind::kDown},
    {"pause", EffectKind::kStopped},
    {"restart", EffectKind::kStart},
};

/// Both directions between the first side and the others; of a one-way cut, what the first side sends.
Effect cut_between(const FaultRecord& fault) {
  Effect cut;
  cut.kind = EffectKind::kCut;
  cut.nodes = fault.nodes;
  cut.excuses.dead_link = true;
  for (std::size_t side = 1; side < fault.sides.size(); ++side)
    for (const std::string& inner : fault.sides[0])
      for (const std::string& outer : fault.sides[side]) {
        cut.links.push_back({inner, outer});
        if (!fault.one_way) cut.links.push_back({outer, inner});
      }
  return cut;
}

}  // namespace

std::vector<Effect> effects_of_old_record(const FaultRecord& fault) {
  if (fault.sides.size() > 1) return {cut_between(fault)};
  for (const OldFault& old : kOldFaults) {
    if (old.name != fault.fault) continue;
    Effect effect;
    effect.kind = old.kind;
    effect.nodes = fault.nodes;
    effect.excuses.exits = old.kind == EffectKind::kDown;
    effect.excuses.dead_link = old.kind != EffectKind::kStart;
    if (old.reports) effect.excuses.log_lines = {"BUG REPORT START", "crashed by signal"};
    return {effect};
  }
  return {};
}

Plan plan_of_old_store(const RunInfo& info) {
  Plan plan;
  plan.scenario = info.scenario;
  plan.seed = info.seed;
  plan.cluster.config = info.config;
  plan.cluster.servers.clear();
  for (const ServerInfo& server : all_servers(info)) plan.cluster.servers.push_back(server.spec);
  if (!info.workload.empty()) {
    LoadPlan& load = plan.loads.emplace_back();
    load.name = load.workload = info.workload;
    load.concurrency = info.concurrency;
    load.rate = info.rate;
  }
  plan.limits.time_limit = static_cast<Nanos>(info.time_limit_s * 1e9);
  plan.limits.strict = info.strict;
  return plan;
}

}  // namespace harness

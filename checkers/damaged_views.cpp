#include "checkers/damaged_views.h"

#include <algorithm>

#include "checkers/excusing.h"
#include "checkers/promises/effects.h"
#include "checkers/promises/evidence.h"
#include "checkers/starvation.h"

namespace harness {
namespace {

/// A server that finds its nodes.conf corrupt ends before it answers anybody.
bool took_it(const RunRecord& run, const FaultRecord& fault, int node) {
  return std::ranges::any_of(run.incarnations, [&](const Incarnation& life) {
    return life.node == node && life.started > fault.requested &&
           std::ranges::any_of(run.views, [&](const View& view) {
             return view.node == node && view.reachable && life.started <= view.begin &&
                    view.begin <= life.ended;
           });
  });
}

}  // namespace

DamagedViews::DamagedViews(const RunRecord& run) {
  for (const FaultRecord& fault : run.faults)
    for (const int node : fault.nodes)
      if (damages_views(fault, node) && fault.requested < since_ && took_it(run, fault, node)) {
        since_ = fault.requested;
        node_ = node_name(run, node);
      }
}

void DamagedViews::excuse(CheckResult& result) const {
  if (since_ == kNever) return;
  excuse_violations(result, [&](const Anomaly& anomaly) -> std::string {
    if (!rests_on_time(anomaly.type) || anomaly.time < since_) return {};
    return "server " + node_ + " took a nodes.conf that was damaged before its start at " + at(since_) +
           ", and what a cluster does that hears of it is not promised";
  });
}

}  // namespace harness

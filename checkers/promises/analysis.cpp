#include "checkers/promises/analysis.h"

#include "checkers/promises/evidence.h"

namespace harness {

namespace {

/// Nodes in strong mode make masters by ballots of their own, each of which is one vote: what binds them is
/// that an epoch is voted for once, not how long ago the last vote was.
Bounds bounds_of_run(const RunRecord& record) {
  Bounds bounds = bounds_of(record);
  const auto& directives = record.plan.cluster.directives;
  const auto strong = directives.find("cluster-strong");
  if (strong != directives.end() && strong->second == "yes") bounds.vote_spacing = 0;
  return bounds;
}

}  // namespace

Analysis::Analysis(const RunRecord& record)
    : run(record),
      views(views_by_node(record)),
      bounds(bounds_of_run(record)),
      stall(host_stall(record) + seldom_looks(record)),
      terms(record),
      windows(record, terms, bounds, stall),
      failovers(find_failovers(*this)),
      due(due_failovers(*this)) {}

}  // namespace harness

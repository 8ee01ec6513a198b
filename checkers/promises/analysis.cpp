#include "checkers/promises/analysis.h"

#include <algorithm>

#include "checkers/promises/evidence.h"

namespace harness {

Analysis::Analysis(const RunRecord& record)
    : run(record),
      views(views_by_node(record)),
      timed_bounds(record),
      bounds(timed_bounds.whole()),
      stall(host_stall(record) + seldom_looks(record)),
      terms(record),
      windows(record, terms, timed_bounds, stall),
      failovers(find_failovers(*this)),
      due(due_failovers(*this)) {}

bool Analysis::was_silent(int node, Nanos from, Nanos until) const {
  const auto ended = [&](const Incarnation& life) {
    return life.node == node && life.ended >= from && life.ended <= until;
  };
  const auto unanswered = [&](const View* view) {
    return !view->reachable && view->end >= from && view->begin <= until;
  };
  return std::ranges::any_of(run.incarnations, ended) ||
         std::ranges::any_of(views[static_cast<std::size_t>(node)], unanswered);
}

}  // namespace harness

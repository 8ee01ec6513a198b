#include "checkers/promises/analysis.h"

#include "checkers/promises/evidence.h"

namespace harness {

Analysis::Analysis(const RunRecord& record)
    : run(record),
      views(views_by_node(record)),
      bounds(bounds_of(record)),
      stall(host_stall(record) + seldom_looks(record)),
      terms(record),
      windows(record, terms, bounds, stall),
      failovers(find_failovers(*this)),
      due(due_failovers(*this)) {}

}  // namespace harness

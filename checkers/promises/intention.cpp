#include "checkers/promises/intention.h"

#include <algorithm>

namespace harness {

Membership intended_at(const RunRecord& run, Nanos time) {
  Membership found(run.nodes);
  for (const Intention& intention : run.intended)
    if (intention.since <= time) found = intention.membership;
  return found;
}

Membership intended_in_the_end(const RunRecord& run) {
  return intended_at(run, kNever);
}

bool is_assigned(const Membership& intended, int slot) {
  for (int shard = 0; shard < intended.shards(); ++shard)
    for (const SlotRange& range : intended.slots_of(shard))
      if (range.contains(slot)) return true;
  return false;
}

}  // namespace harness

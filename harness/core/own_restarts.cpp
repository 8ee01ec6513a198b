#include "harness/core/own_restarts.h"

#include <algorithm>
#include <vector>

namespace harness {
namespace {

bool may_exit(const RunRecord& record, int node, Nanos until) {
  return std::ranges::any_of(record.faults, [&](const FaultRecord& fault) {
    return fault.requested <= until && std::ranges::any_of(fault.effects, [&](const Effect& effect) {
             return effect.excuses.exits && std::ranges::find(effect.nodes, node) != effect.nodes.end();
           });
  });
}

/// The life that both looks saw; null: they saw two, or none is recorded.
Incarnation* shared_life(RunRecord& record, const View& before, const View& after) {
  const auto found = std::ranges::find_if(record.incarnations, [&](const Incarnation& life) {
    return life.node == after.node && life.pid == after.replication.process_id &&
           life.started <= before.begin && after.begin <= life.ended;
  });
  return found == record.incarnations.end() ? nullptr : &*found;
}

void divide(RunRecord& record, const View& before, const View& after) {
  Incarnation* life = shared_life(record, before, after);
  if (life == nullptr) return;
  Incarnation next = *life;
  next.started = after.begin;
  life->ended = before.end;
  life->exit_code = -1;
  life->signal = 0;
  life->expected = may_exit(record, after.node, after.begin);
  record.incarnations.push_back(next);
}

bool another_run(const View& before, const View& after) {
  return before.replication.process_id == after.replication.process_id &&
         !before.replication.run_id.empty() && !after.replication.run_id.empty() &&
         before.replication.run_id != after.replication.run_id;
}

}  // namespace

void divide_lives_at_own_restarts(RunRecord& record) {
  std::vector<const View*> last(record.nodes.size(), nullptr);
  for (const View& view : record.views) {
    if (!view.reachable || view.node < 0 || static_cast<std::size_t>(view.node) >= last.size()) continue;
    const View*& before = last[static_cast<std::size_t>(view.node)];
    if (before != nullptr && another_run(*before, view)) divide(record, *before, view);
    before = &view;
  }
  std::ranges::stable_sort(record.incarnations, {}, &Incarnation::started);
}

}  // namespace harness

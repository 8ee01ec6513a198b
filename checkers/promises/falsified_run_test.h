// For tests only: the record of a healthy run with a failover, and the means to falsify it.
#pragma once

#include <algorithm>
#include <stdexcept>
#include <string>

#include "checkers/promises/record_builder_test.h"

namespace harness::testing {

inline RunRecord healthy() {
  return FailoverRun().finish();
}

/// The last view of a node, to be falsified.
inline View& last_view_of(RunRecord& run, int node) {
  for (auto view = run.views.rbegin(); view != run.views.rend(); ++view)
    if (view->node == node - 1) return *view;
  throw std::logic_error("no view");
}

inline TopologyNode& line_of(View& view, const std::string& id) {
  for (TopologyNode& node : view.topology.nodes)
    if (node.id == id) return node;
  throw std::logic_error("no such line");
}

inline void add_line(RunRecord& run, int node, int ms, const std::string& text) {
  LogLine line;
  line.node = node - 1;
  line.time = RecordBuilder::nanos(ms);
  for (const Incarnation& life : run.incarnations)
    if (life.node == line.node && life.started <= line.time && line.time <= life.ended) line.pid = life.pid;
  line.text = text;
  run.logs.push_back(line);
  std::stable_sort(run.logs.begin(), run.logs.end(),
                   [](const LogLine& a, const LogLine& b) { return a.time < b.time; });
}

inline std::string id(int node) {
  return std::string(39, 'a') + static_cast<char>('0' + node);
}

/// A fault moves the wall clock of the node at `ms`, and back at once.
inline void move_clock(RunRecord& run, int node, int ms) {
  FaultRecord fault;
  fault.requested = fault.active = fault.healed = RecordBuilder::nanos(ms);
  fault.heals = true;
  Effect& moved = fault.effects.emplace_back();
  moved.kind = EffectKind::kClock;
  moved.nodes = fault.nodes = {node - 1};
  run.faults.push_back(fault);
}

/// In one look at `ms` the node shows a slot of another one as its own.
inline void show_once(RunRecord& run, int node, int ms, int slot) {
  const Nanos time = ms * kMillisecond;
  const auto seen = std::find_if(run.views.begin(), run.views.end(), [&](const View& view) {
    return view.node == node - 1 && view.begin < time && time < view.end;
  });
  if (seen == run.views.end()) throw std::logic_error("no view at that time");
  View lie = *seen;
  View after = *seen;
  seen->end = time - 50 * kMillisecond;
  lie.begin = lie.end = time;
  line_of(lie, id(node)).slots.push_back({slot, slot});
  after.begin = time + 50 * kMillisecond;
  run.views.push_back(lie);
  run.views.push_back(after);
  std::stable_sort(run.views.begin(), run.views.end(),
                   [](const View& a, const View& b) { return a.begin < b.begin; });
}

}  // namespace harness::testing

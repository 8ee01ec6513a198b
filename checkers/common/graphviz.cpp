#include "checkers/common/graphviz.h"

#include <algorithm>
#include <vector>

namespace harness {
namespace {

const Operation* operation_of_event(const History& history, std::size_t event) {
  const auto at = std::lower_bound(history.operations.begin(), history.operations.end(), event,
                                   [](const Operation& op, std::size_t e) { return op.invoke_event < e; });
  return at != history.operations.end() && at->invoke_event == event ? &*at : nullptr;
}

std::string node_name(const Operation& op) {
  return "o" + std::to_string(op.invoke_event);
}

/// `later` saw what `earlier` wrote.
bool observes(const History& history, const Operation& earlier, const Operation& later) {
  if (earlier.key != later.key || earlier.argument.is_nil()) return false;
  Value written = earlier.argument;
  if (earlier.function == Function::kCas && written.kind() == Value::Kind::kList)
    written = history.values.as_list(written).back();
  if (later.function == Function::kCas && later.argument.kind() == Value::Kind::kList)
    return history.values.as_list(later.argument).front() == written;
  if (!later.argument.is_nil() || later.outcome != Outcome::kOk) return false;
  if (later.result == written) return true;
  if (later.result.kind() != Value::Kind::kList) return false;
  const auto elements = history.values.as_list(later.result);
  return std::find(elements.begin(), elements.end(), written) != elements.end();
}

}  // namespace

std::string anomaly_graph(const History& history, const Anomaly& anomaly) {
  std::vector<const Operation*> ops;
  for (const std::size_t event : anomaly.operations)
    if (const Operation* op = operation_of_event(history, event)) ops.push_back(op);
  std::string out =
      "digraph anomaly {\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\"];\n  label=";
  append_json_string(out, anomaly.type + ": " + anomaly.explanation);
  out += ";\n";
  for (const Operation* op : ops) {
    out += "  " + node_name(*op) + " [label=";
    append_json_string(out, history.describe(*op));
    out += op->outcome == Outcome::kOk ? "];\n" : ", style=dashed];\n";
  }
  for (const Operation* a : ops)
    for (const Operation* b : ops) {
      if (a == b) continue;
      const bool immediate =
          a->precedes(*b) && std::none_of(ops.begin(), ops.end(), [&](const Operation* between) {
            return a->precedes(*between) && between->precedes(*b);
          });
      if (immediate) out += "  " + node_name(*a) + " -> " + node_name(*b) + " [label=\"returned before\"];\n";
      if (observes(history, *a, *b))
        out += "  " + node_name(*a) + " -> " + node_name(*b) + " [label=\"seen by\", style=dashed];\n";
    }
  return out + "}\n";
}

}  // namespace harness

// An anomaly as a picture: its operations, in the order in which they must have happened, for Graphviz.
#pragma once

#include <string>

#include "harness/core/history.h"
#include "harness/core/verdict.h"

namespace harness {

/// A digraph in the DOT language: a box an operation, solid edges where one returned before the other was
/// invoked (only the immediate ones), dashed ones from the writer of a value to who saw it.
std::string anomaly_graph(const History& history, const Anomaly& anomaly);

}  // namespace harness

// The topology in Graphviz' words: before the faults, at each fault's worst moment, and at the end. Nodes
// keep their places through all drawings, so that the eye finds what changed.
#pragma once

#include <string>
#include <vector>

#include "reports/reports.h"

namespace harness {

struct Drawing {
  std::string name;     // "before", "during-1", …, "after"; the key of ReportInput::drawings
  std::string caption;  // "at its worst during: segfault n3, 7.4 s"
  Nanos time = 0;
  std::string dot;  // one digraph
};

/// Empty when the record holds no view. A fault that never was verified has no drawing; at most 8 have one.
std::vector<Drawing> topology_drawings(const RunRecord& record);

/// All drawings as one DOT file.
std::string make_graph(const ReportInput& input);

}  // namespace harness

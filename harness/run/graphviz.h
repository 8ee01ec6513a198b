// Draws graphs: one `dot` process for all of them, limited in time. Without Graphviz a run still finishes,
// and the page says why it has no drawings.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

namespace harness {

struct Graph {
  std::string name;
  std::string dot;  // one graph in Graphviz' language
};

struct Rendering {
  std::map<std::string, std::string> svg;  // by the graph's name; empty when there is a reason
  std::string missing;                     // why there are no drawings, with the mend; or empty
};

/// `program` is looked up on PATH. Never throws for what the program does or lacks.
Rendering render_graphs(const std::vector<Graph>& graphs, const std::string& program = "dot",
                        std::chrono::milliseconds time_limit = std::chrono::seconds(10));

}  // namespace harness

// Cycles of a dependency graph, classified: G0, G1c, G-single, G-nonadjacent, G2-item, each also with process
// or real-time edges.
//
//   G0             only ww edges
//   G1c            ww and wr edges, at least one wr
//   G-single       exactly one rw edge
//   G-nonadjacent  several rw edges, no two of them in a row
//   G2-item        several rw edges, two of them in a row
//   ...-process    the same, with at least one process edge and none of real time
//   ...-realtime   the same, with at least one real-time edge
//
// Every edge counts as the strongest evidence there is between its two transactions, so a cycle has one
// class.
//
// Two passes. Whether a class of cycles exists is a matter of strongly connected components, in linear time
// (for the rw edges that are not adjacent: of the graph whose nodes remember whether an rw edge led to them).
// Then the components are searched breadth-first for short cycles, within a budget: what the budget does not
// allow to show is still reported, as a component (Elle's "...-cycle-exists").
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "checkers/transactions/dependency_graph.h"

namespace harness {

enum class CycleShape : std::uint8_t { kG0, kG1c, kGSingle, kGNonadjacent, kG2Item };
enum class CycleOrder : std::uint8_t { kData, kProcess, kRealtime };

struct CycleClass {
  CycleShape shape = CycleShape::kG0;
  CycleOrder order = CycleOrder::kData;
  friend bool operator==(const CycleClass&, const CycleClass&) = default;
};
inline constexpr std::size_t kCycleClasses = 15;
constexpr std::size_t index_of(CycleClass c) {
  return static_cast<std::size_t>(c.order) * 5 + static_cast<std::size_t>(c.shape);
}
/// As it is reported: "G-single-process".
std::string_view to_string(CycleClass cycle_class);
/// As the lattice of models knows it: all our anti-dependencies are on items, so "G-single-item-process".
std::string_view lattice_name(CycleClass cycle_class);

struct CycleStep {
  Index from;
  EdgeType type;
  Index to;
};

struct Cycle {
  CycleClass cycle_class;
  std::vector<CycleStep> steps;  // the last one's `to` is the first one's `from`
};

/// A component that must hold a cycle which the search did not come to show.
struct HiddenCycle {
  std::string_view anomaly;  // "PL-3-cycle-exists", ...
  std::vector<Index> transactions;
};

struct CycleRequest {
  std::array<bool, kCycleClasses> wanted{};  // by index_of()
  std::uint64_t steps = 0;                   // edges the search may follow; 0: as many as usual
  bool (*cancelled)() = nullptr;
};

struct CycleFindings {
  std::vector<Cycle> cycles;  // shortest first within a class and component; disjoint within a class
  std::vector<HiddenCycle> hidden;
  std::size_t components = 0;
  std::size_t largest_component = 0;  // in transactions
  std::string incomplete;             // empty, or what the search left out and why
};

/// The classes that `wanted` names; in one component a class that a found one implies is not searched for, as
/// in Elle (a G0 is a G1c, a G-single is a G-single-process).
CycleFindings find_cycles(const DependencyGraph& graph, const CycleRequest& request);

}  // namespace harness

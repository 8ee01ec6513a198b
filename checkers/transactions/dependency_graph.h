// The dependency graph of transactions (Adya's direct serialization graph) with process and real-time order,
// and its strongly connected components.
//
// Nodes 0 … transactions()-1 are the transactions. Behind them come nodes that stand for no transaction and
// only carry edges on: *fans*, which keep "every reader before every writer" linear, and the *timeline*,
// which keeps real-time order linear: a transaction that completed leads to the next point of the timeline, a
// point leads to the next one and to the transactions invoked before it. (Elle links each invocation to the
// frontier of completions; the timeline holds exactly that frontier, at three edges a transaction whatever
// the number of clients.)
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "checkers/transactions/txn_columns.h"
#include "harness/core/history.h"

namespace harness {

/// Why one transaction must come before another, strongest evidence first.
enum class EdgeType : std::uint8_t {
  kWw,        // it wrote the version that the other's overwrote
  kWr,        // it wrote the version that the other read
  kRw,        // it read the version that the other overwrote (an anti-dependency)
  kProcess,   // the same process executed it before the other
  kRealtime,  // it completed before the other was invoked
  kCarry,     // out of a fan or the timeline: part of the edge that led in
};

/// A set of edge types.
using EdgeMask = std::uint8_t;
constexpr EdgeMask mask_of(EdgeType type) {
  return static_cast<EdgeMask>(1U << static_cast<unsigned>(type));
}
inline constexpr EdgeMask kAllEdges = 0xff;

/// A node and how it is reached, in 4 bytes.
class Edge {
 public:
  constexpr Edge(Index to, EdgeType type) : bits_(to << 3 | static_cast<Index>(type)) {}
  constexpr Index to() const { return bits_ >> 3; }
  constexpr EdgeType type() const { return static_cast<EdgeType>(bits_ & 7); }
  constexpr bool in(EdgeMask mask) const { return (mask >> (bits_ & 7) & 1) != 0; }

 private:
  Index bits_;
};

class DependencyGraph {
 public:
  Index transactions() const { return transactions_; }
  Index nodes() const { return static_cast<Index>(first_edge_.size() - 1); }
  std::size_t edges() const { return edges_.size(); }
  std::span<const Edge> out(Index node) const {
    return {edges_.data() + first_edge_[node], edges_.data() + first_edge_[node + 1]};
  }
  /// The first transaction invoked after this one completed; all later ones were, too. transactions() when
  /// none was, or when the graph has no real-time order.
  Index released(Index txn) const { return released_.empty() ? transactions_ : released_[txn]; }

  /// The graph of some nodes. `members` ascending; node i of the result is members[i].
  DependencyGraph induced(std::span<const Index> members) const;

 private:
  friend class GraphBuilder;
  Index transactions_ = 0;
  std::vector<Index> first_edge_ = {0};
  std::vector<Edge> edges_;
  std::vector<Index> released_;
};

/// Collects edges, then sorts them by origin. Of parallel ww, wr and rw edges only the first of these is
/// kept: every model that forbids a cycle over the others forbids it over that one. Edges of a transaction to
/// itself are dropped.
class GraphBuilder {
 public:
  explicit GraphBuilder(Index transactions) : transactions_(transactions), nodes_(transactions) {}

  void add(Index from, Index to, EdgeType type) {
    if (from != to) edges_.push_back({from, Edge(to, type)});
  }
  /// Each of `from` before each other of `to`, through fans where the product is large.
  void add_product(std::span<const Index> from, std::span<const Index> to, EdgeType type);
  /// ok transactions of a process before its next one that may have happened.
  void add_process_order(const History& history);
  /// A before B iff A is ok and completed strictly before B was invoked; failed transactions are left out.
  void add_realtime_order(const History& history);

  std::size_t size() const { return edges_.size(); }
  /// Of the edges collected, and of the graph that build() will make of them.
  std::size_t bytes() const { return edges_.capacity() * sizeof(FromEdge) + edges_.size() * sizeof(Edge); }
  DependencyGraph build();

 private:
  struct FromEdge {
    Index from;
    Edge edge;
  };
  Index new_node();
  void add_fan(std::span<const Index> from, std::span<const Index> to, EdgeType type);

  Index transactions_;
  Index nodes_;
  std::vector<FromEdge> edges_;
  std::vector<Index> released_;
};

/// The strongly connected components with at least two nodes, over edges of the mask; each ascending
/// (Pearce 2016's form of Tarjan's algorithm, iterative).
std::vector<std::vector<Index>> strong_components(const DependencyGraph& graph, EdgeMask mask);

}  // namespace harness

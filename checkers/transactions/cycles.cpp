#include "checkers/transactions/cycles.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <unordered_set>

#include "checkers/transactions/consistency_models.h"

namespace harness {
namespace {

constexpr std::array<std::string_view, kCycleClasses> kNames = {
    "G0",          "G1c",          "G-single",          "G-nonadjacent",          "G2-item",
    "G0-process",  "G1c-process",  "G-single-process",  "G-nonadjacent-process",  "G2-item-process",
    "G0-realtime", "G1c-realtime", "G-single-realtime", "G-nonadjacent-realtime", "G2-item-realtime"};
constexpr std::array<std::string_view, kCycleClasses> kLatticeNames = {"G0",
                                                                       "G1c",
                                                                       "G-single-item",
                                                                       "G-nonadjacent-item",
                                                                       "G2-item",
                                                                       "G0-process",
                                                                       "G1c-process",
                                                                       "G-single-item-process",
                                                                       "G-nonadjacent-item-process",
                                                                       "G2-item-process",
                                                                       "G0-realtime",
                                                                       "G1c-realtime",
                                                                       "G-single-item-realtime",
                                                                       "G-nonadjacent-item-realtime",
                                                                       "G2-item-realtime"};

constexpr EdgeMask kWwMask = mask_of(EdgeType::kWw);
constexpr EdgeMask kWrMask = mask_of(EdgeType::kWr);
constexpr EdgeMask kRwMask = mask_of(EdgeType::kRw);

constexpr CycleOrder kOrders[] = {CycleOrder::kData, CycleOrder::kProcess, CycleOrder::kRealtime};
constexpr CycleShape kShapes[] = {CycleShape::kG0, CycleShape::kG1c, CycleShape::kGSingle,
                                  CycleShape::kGNonadjacent, CycleShape::kG2Item};

/// Process order is part of real-time order, so the latter brings both. Carrying edges lead on from whatever
/// edge led in.
constexpr EdgeMask order_mask(CycleOrder order) {
  EdgeMask mask = mask_of(EdgeType::kCarry);
  if (order != CycleOrder::kData) mask |= mask_of(EdgeType::kProcess);
  if (order == CycleOrder::kRealtime) mask |= mask_of(EdgeType::kRealtime);
  return mask;
}

/// The edges that a cycle of this shape may use beside those of its order.
constexpr EdgeMask shape_mask(CycleShape shape) {
  switch (shape) {
    case CycleShape::kG0:
      return kWwMask;
    case CycleShape::kG1c:
      return kWwMask | kWrMask;
    default:
      return kWwMask | kWrMask | kRwMask;
  }
}

constexpr bool forbids_adjacent_rw(CycleShape shape) {
  return shape == CycleShape::kGSingle || shape == CycleShape::kGNonadjacent;
}

/// The edge that every cycle of this shape has.
constexpr EdgeType pivot_type(CycleShape shape) {
  return shape == CycleShape::kG0 ? EdgeType::kWw : shape == CycleShape::kG1c ? EdgeType::kWr : EdgeType::kRw;
}

/// The component of each node (kNoIndex: a component of one) in the graph over a mask; `spread`: in the graph
/// of twice as many nodes, where node v + nodes() is "v, reached by an rw edge", from which no rw edge leads
/// on.
std::vector<Index> components_by_node(const DependencyGraph& graph, EdgeMask mask, bool spread) {
  const Index nodes = graph.nodes();
  std::vector<Index> component(spread ? nodes * 2 : nodes, kNoIndex);
  std::vector<std::vector<Index>> found;
  if (!spread) {
    found = strong_components(graph, mask);
  } else {
    GraphBuilder builder(nodes * 2);
    for (Index node = 0; node < nodes; ++node)
      for (Edge edge : graph.out(node)) {
        if (!edge.in(mask)) continue;
        if (edge.type() == EdgeType::kRw) {
          builder.add(node, edge.to() + nodes, edge.type());
        } else {
          const bool carries = edge.type() == EdgeType::kCarry;
          builder.add(node, edge.to(), edge.type());
          builder.add(node + nodes, carries ? edge.to() + nodes : edge.to(), edge.type());
        }
      }
    found = strong_components(builder.build(), kAllEdges);
  }
  for (std::size_t i = 0; i < found.size(); ++i)
    for (Index node : found[i]) component[node] = static_cast<Index>(i);
  return component;
}

/// Breadth-first search in one component for the shortest way that closes a cycle of one class. The state of
/// a search beside the node: whether the last edge was rw, whether the order's own edge has been used,
/// whether a further rw edge has.
class PathSearch {
 public:
  PathSearch(const DependencyGraph& graph, std::uint64_t& steps_left)
      : graph_(graph),
        steps_left_(steps_left),
        seen_at_(std::size_t{graph.nodes()} * kStates, 0),
        parent_(std::size_t{graph.nodes()} * kStates, Step{0, EdgeType::kWw}) {}

  /// The shortest cycle over the pivot edge origin -> start; visits at most `node_limit` states. nullopt:
  /// none found.
  std::optional<std::vector<CycleStep>> find(CycleClass wanted, Index origin, Index start,
                                             std::size_t node_limit) {
    wanted_ = wanted;
    goal_ = origin;
    mask_ = static_cast<EdgeMask>(order_mask(wanted.order) | kWwMask |
                                  (wanted.shape == CycleShape::kG0 ? 0 : kWrMask) |
                                  (wanted.shape >= CycleShape::kGNonadjacent ? kRwMask : 0));
    mask_ &=
        static_cast<EdgeMask>(~mask_of(EdgeType::kRealtime));  // real time is followed by suffixes instead
    visits_left_ = node_limit;
    ++round_;
    lowest_suffix_.fill(graph_.transactions());
    open_.clear();
    found_ = kNowhere;
    push(start, forbids_adjacent_rw(wanted.shape) ? kLastRw : 0, Step{kNowhere, EdgeType::kRw}, false);
    while (!open_.empty() && found_ == kNowhere && visits_left_ > 0 && steps_left_ > 0) {
      const std::size_t at = open_.front();
      open_.pop_front();
      expand(at);
    }
    if (found_ == kNowhere) return std::nullopt;
    return path_back(pivot_type(wanted.shape));
  }

 private:
  static constexpr unsigned kStates = 8;
  static constexpr unsigned kLastRw = 1;
  static constexpr unsigned kUsedOrder = 2;
  static constexpr unsigned kUsedRw = 4;
  static constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);

  struct Step {
    std::size_t from;
    EdgeType type;
  };

  void push(Index node, unsigned state, Step step, bool carried) {
    const std::size_t at = std::size_t{node} * kStates + state;
    if (seen_at_[at] == round_) return;
    seen_at_[at] = round_;
    parent_[at] = step;
    if (visits_left_ > 0) --visits_left_;
    carried ? open_.push_front(at) : open_.push_back(at);
  }

  void expand(std::size_t at) {
    const auto node = static_cast<Index>(at / kStates);
    const auto state = static_cast<unsigned>(at % kStates);
    for (Edge edge : graph_.out(node)) {
      if (found_ != kNowhere) return;
      if (steps_left_ > 0) --steps_left_;
      if (edge.in(mask_)) follow(at, state, edge);
    }
    if (wanted_.order == CycleOrder::kRealtime && node < graph_.transactions())
      follow_realtime(at, node, state);
  }

  void follow(std::size_t at, unsigned state, Edge edge) {
    if (edge.type() == EdgeType::kCarry) return step_to(edge.to(), state, {at, edge.type()}, true);
    const bool rw = edge.type() == EdgeType::kRw;
    if (rw && wanted_.shape == CycleShape::kGNonadjacent && (state & kLastRw) != 0) return;
    // Two rw edges in a row are what makes a G2: the pivot is the first of them, so the next edge is the
    // second.
    if (!rw && wanted_.shape == CycleShape::kG2Item && (state & kUsedRw) == 0) return;
    unsigned next = state & ~kLastRw;
    if (rw) next |= kUsedRw | (forbids_adjacent_rw(wanted_.shape) ? kLastRw : 0);
    if (edge.type() == EdgeType::kProcess && wanted_.order == CycleOrder::kProcess) next |= kUsedOrder;
    step_to(edge.to(), next, {at, edge.type()});
  }

  void follow_realtime(std::size_t at, Index node, unsigned state) {
    if (wanted_.shape == CycleShape::kG2Item && (state & kUsedRw) == 0) return;
    const unsigned next = (state & ~kLastRw) | kUsedOrder;
    const Step step{at, EdgeType::kRealtime};
    const Index from = graph_.released(node);
    if (goal_ >= from && closes(next)) {
      step_to(goal_, next, step);
      return;
    }
    Index& reached = lowest_suffix_[next];
    const Index until = reached;
    for (Index txn = from; txn < until && visits_left_ > 0 && steps_left_ > 0; ++txn) {
      --steps_left_;
      push(txn, next, step, false);
    }
    reached = std::min(reached, from);
  }

  /// Whether a path that arrives at the pivot's origin in this state is a cycle of the class.
  bool closes(unsigned state) const {
    if (wanted_.order != CycleOrder::kData && (state & kUsedOrder) == 0) return false;
    if (wanted_.shape == CycleShape::kGNonadjacent) return (state & kUsedRw) != 0 && (state & kLastRw) == 0;
    return true;
  }

  void step_to(Index node, unsigned state, Step step, bool carried = false) {
    if (node != goal_ || !closes(state)) return push(node, state, step, carried);
    const std::size_t at = std::size_t{node} * kStates + state;
    parent_[at] = step;
    found_ = at;
  }

  /// The steps from the origin on; what was carried through a fan is one step.
  std::vector<CycleStep> path_back(EdgeType pivot) const {
    std::vector<CycleStep> steps;
    Index to = goal_;
    for (std::size_t at = found_; at != kNowhere;) {
      EdgeType type = EdgeType::kCarry;
      while (type == EdgeType::kCarry) {
        type = parent_[at].type;
        at = parent_[at].from;
      }
      const Index from = at == kNowhere ? goal_ : static_cast<Index>(at / kStates);
      steps.push_back({from, at == kNowhere ? pivot : type, to});
      to = from;
    }
    std::ranges::reverse(steps);
    return steps;
  }

  const DependencyGraph& graph_;
  std::uint64_t& steps_left_;
  std::vector<std::uint32_t> seen_at_;  // the round that last visited a state
  std::vector<Step> parent_;
  std::uint32_t round_ = 0;
  std::array<Index, kStates> lowest_suffix_{};
  std::deque<std::size_t> open_;
  CycleClass wanted_;
  EdgeMask mask_ = 0;
  Index goal_ = 0;
  std::size_t visits_left_ = 0;
  std::size_t found_ = kNowhere;
};

/// The search of one component, renumbered so that it is small and its transactions stay in order of
/// invocation.
class ComponentSearch {
 public:
  ComponentSearch(const DependencyGraph& whole, const std::vector<Index>& members,
                  const CycleRequest& request, std::uint64_t& steps_left, CycleFindings& findings)
      : members_(members),
        graph_(whole.induced(members)),
        request_(request),
        steps_left_(steps_left),
        findings_(findings),
        paths_(graph_, steps_left) {}

  void run() {
    for (CycleOrder order : kOrders) {
      if (!any_wanted(order)) continue;
      components_mask_ = {};
      for (CycleShape shape : kShapes) {
        const CycleClass wanted{shape, order};
        if (!request_.wanted[index_of(wanted)]) continue;
        if (implied_.contains(lattice_name(wanted))) continue;
        search(wanted);
      }
      report_hidden(order);
    }
  }

 private:
  bool any_wanted(CycleOrder order) const {
    return std::ranges::any_of(kShapes, [&](CycleShape shape) {
      return request_.wanted[index_of({shape, order})];
    });
  }

  /// Components over the edges that a class may use; those of the two shapes without adjacent rw edges are
  /// the same.
  const std::vector<Index>& components_for(CycleClass wanted) {
    const EdgeMask mask = shape_mask(wanted.shape) | order_mask(wanted.order);
    const bool spread = forbids_adjacent_rw(wanted.shape);
    if (components_mask_ != std::pair{mask, spread}) {
      component_of_ = components_by_node(graph_, mask, spread);
      components_mask_ = {mask, spread};
    }
    return component_of_;
  }

  bool in_one_component(const std::vector<Index>& component, bool spread, Index from, Index to) const {
    const Index end = spread ? to + graph_.nodes() : to;
    return component[from] != kNoIndex && component[from] == component[end];
  }

  void search(CycleClass wanted) {
    const std::vector<Index>& component = components_for(wanted);
    const bool spread = forbids_adjacent_rw(wanted.shape);
    std::vector<std::pair<Index, Index>> pivots;
    for (Index from = 0; from < graph_.transactions(); ++from)
      for (Edge edge : graph_.out(from))
        if (edge.type() == pivot_type(wanted.shape) && in_one_component(component, spread, from, edge.to()))
          pivots.emplace_back(from, edge.to());
    if (pivots.empty()) return;
    // Short cycles first, over all pivots; longer ones only when there are none.
    constexpr std::size_t kNodeLimits[] = {64, 4096, static_cast<std::size_t>(-1)};
    for (std::size_t limit : kNodeLimits) {
      std::vector<std::vector<CycleStep>> candidates;
      for (const auto& [from, to] : pivots) {
        if (out_of_budget()) break;
        auto cycle = paths_.find(wanted, from, to, limit);
        if (cycle && is_of_class(*cycle, wanted)) candidates.push_back(std::move(*cycle));
        if (candidates.size() >= kMaxCandidates) break;
      }
      if (!candidates.empty()) return keep_disjoint(wanted, std::move(candidates));
      if (limit >= std::size_t{graph_.nodes()} * 8 || out_of_budget()) break;
    }
    if (out_of_budget() && findings_.incomplete.empty())
      findings_.incomplete = "the search for a " + std::string(to_string(wanted)) + " among " +
                             std::to_string(graph_.transactions()) + " mutually dependent transactions " +
                             (steps_left_ == 0 ? "used up its steps; a larger step budget searches on"
                                               : "was stopped before its end");
  }

  bool out_of_budget() const {
    return steps_left_ == 0 || (request_.cancelled != nullptr && request_.cancelled());
  }

  void keep_disjoint(CycleClass wanted, std::vector<std::vector<CycleStep>> candidates) {
    std::ranges::stable_sort(candidates, {}, [](const auto& steps) { return steps.size(); });
    std::unordered_set<Index> used;
    for (std::vector<CycleStep>& steps : candidates) {
      if (std::ranges::any_of(steps, [&](const CycleStep& step) { return used.contains(step.from); }))
        continue;
      for (CycleStep& step : steps) {
        used.insert(step.from);
        step = {members_[step.from], step.type, members_[step.to]};
      }
      findings_.cycles.push_back({wanted, std::move(steps)});
    }
    found_.insert(lattice_name(wanted));
    implied_ = anomalies_implied_by(found_);
  }

  /// A walk that meets a transaction twice holds a cycle of another class, which is found as such. So is one
  /// over an rw edge out of a fan that has a stronger data edge beside it.
  bool is_of_class(const std::vector<CycleStep>& steps, CycleClass wanted) const {
    std::unordered_set<Index> distinct;
    std::size_t rw = 0, wr = 0, process = 0, realtime = 0;
    bool adjacent = false;
    for (std::size_t i = 0; i < steps.size(); ++i) {
      const CycleStep& step = steps[i];
      if (!distinct.insert(step.from).second) return false;
      if (step.type == EdgeType::kRw) {
        ++rw;
        adjacent = adjacent || steps[(i + 1) % steps.size()].type == EdgeType::kRw;
        for (Edge edge : graph_.out(step.from))
          if (edge.to() == step.to && edge.in(kWwMask | kWrMask)) return false;
      }
      wr += step.type == EdgeType::kWr ? 1 : 0;
      process += step.type == EdgeType::kProcess ? 1 : 0;
      realtime += step.type == EdgeType::kRealtime ? 1 : 0;
    }
    const CycleShape shape = rw == 1  ? CycleShape::kGSingle
                             : rw > 1 ? (adjacent ? CycleShape::kG2Item : CycleShape::kGNonadjacent)
                             : wr > 0 ? CycleShape::kG1c
                                      : CycleShape::kG0;
    const CycleOrder order = realtime > 0  ? CycleOrder::kRealtime
                             : process > 0 ? CycleOrder::kProcess
                                           : CycleOrder::kData;
    return steps.size() >= 2 && CycleClass{shape, order} == wanted;
  }

  /// Components prove that a model is violated even where no cycle was found that does.
  void report_hidden(CycleOrder order) {
    struct Level {
      CycleShape shape;
      std::array<std::string_view, 3> anomaly;  // by order
      std::array<std::string_view, 3> model;
    };
    static constexpr Level kLevels[] = {
        {CycleShape::kG0,
         {"PL-1-cycle-exists", "strong-session-PL-1-cycle-exists", "strong-PL-1-cycle-exists"},
         {"PL-1", "strong-session-PL-1", "strong-PL-1"}},
        {CycleShape::kG1c,
         {"PL-2-cycle-exists", "strong-session-PL-2-cycle-exists", "strong-PL-2-cycle-exists"},
         {"PL-2", "strong-session-PL-2", "strong-PL-2"}},
        {CycleShape::kGNonadjacent,
         {"PL-SI-cycle-exists", "strong-session-snapshot-isolation-cycle-exists",
          "strong-snapshot-isolation-cycle-exists"},
         {"PL-SI", "strong-session-snapshot-isolation", "strong-snapshot-isolation"}},
        {CycleShape::kG2Item,
         {"PL-3-cycle-exists", "strong-session-serializable-cycle-exists", "PL-SS-cycle-exists"},
         {"PL-3", "strong-session-serializable", "PL-SS"}},
    };
    const auto column = static_cast<std::size_t>(order);
    for (const Level& level : kLevels) {
      const CycleClass wanted{level.shape, order};
      if (!request_.wanted[index_of(wanted)]) continue;
      if (models_impossible_with(found_).contains(level.model[column])) continue;
      const std::vector<Index>& component = components_for(wanted);
      const bool spread = forbids_adjacent_rw(wanted.shape);
      std::vector<Index> transactions;
      for (Index txn = 0; txn < graph_.transactions(); ++txn)
        if (component[txn] != kNoIndex || (spread && component[txn + graph_.nodes()] != kNoIndex))
          transactions.push_back(members_[txn]);
      if (transactions.empty()) continue;
      findings_.hidden.push_back({level.anomaly[column], std::move(transactions)});
      found_.insert(level.anomaly[column]);
    }
  }

  static constexpr std::size_t kMaxCandidates = 20'000;
  const std::vector<Index>& members_;
  DependencyGraph graph_;
  const CycleRequest& request_;
  std::uint64_t& steps_left_;
  CycleFindings& findings_;
  PathSearch paths_;
  NameSet found_;
  NameSet implied_;
  std::pair<EdgeMask, bool> components_mask_{};
  std::vector<Index> component_of_;
};

}  // namespace

std::string_view to_string(CycleClass cycle_class) {
  return kNames[index_of(cycle_class)];
}

std::string_view lattice_name(CycleClass cycle_class) {
  return kLatticeNames[index_of(cycle_class)];
}

CycleFindings find_cycles(const DependencyGraph& graph, const CycleRequest& request) {
  constexpr std::uint64_t kUsualSteps = 500'000'000;
  CycleFindings findings;
  EdgeMask mask = 0;
  for (CycleOrder order : kOrders)
    for (CycleShape shape : kShapes)
      if (request.wanted[index_of({shape, order})]) mask |= shape_mask(shape) | order_mask(order);
  if (mask == 0) return findings;
  std::uint64_t steps_left = request.steps == 0 ? kUsualSteps : request.steps;
  for (const std::vector<Index>& members : strong_components(graph, mask)) {
    const auto txns =
        static_cast<std::size_t>(std::ranges::lower_bound(members, graph.transactions()) - members.begin());
    ++findings.components;
    findings.largest_component = std::max(findings.largest_component, txns);
    ComponentSearch(graph, members, request, steps_left, findings).run();
  }
  return findings;
}

}  // namespace harness

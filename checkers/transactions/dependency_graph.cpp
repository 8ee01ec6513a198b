#include "checkers/transactions/dependency_graph.h"

#include <algorithm>
#include <queue>
#include <unordered_map>

#include "harness/core/check.h"

namespace harness {
namespace {

constexpr Index kMaxNodes = 1U << 29;

/// Beyond this many edges a product is built of fans, which take four edges a member.
bool is_large(std::size_t from, std::size_t to) {
  return from * to > 8 * (from + to) + 64;
}

}  // namespace

Index GraphBuilder::new_node() {
  if (nodes_ >= kMaxNodes)
    throw UsageError("the dependency graph of this history is too large: check a part of it");
  return nodes_++;
}

void GraphBuilder::add_product(std::span<const Index> from, std::span<const Index> to, EdgeType type) {
  if (is_large(from.size(), to.size())) return add_fan(from, to, type);
  for (Index a : from)
    for (Index b : to) add(a, b, type);
}

/// Two chains of nodes over `to`, sorted: one reaches each prefix, one each suffix. A member of both sides
/// thus reaches everything but itself, and no cycle arises that the product does not have.
void GraphBuilder::add_fan(std::span<const Index> from, std::span<const Index> to, EdgeType type) {
  std::vector<Index> targets(to.begin(), to.end());
  std::ranges::sort(targets);
  targets.erase(std::unique(targets.begin(), targets.end()), targets.end());
  std::vector<Index> prefix(targets.size()), suffix(targets.size());
  for (std::size_t i = 0; i < targets.size(); ++i) {
    prefix[i] = new_node();
    add(prefix[i], targets[i], EdgeType::kCarry);
    if (i > 0) add(prefix[i], prefix[i - 1], EdgeType::kCarry);
  }
  for (std::size_t i = targets.size(); i-- > 0;) {
    suffix[i] = new_node();
    add(suffix[i], targets[i], EdgeType::kCarry);
    if (i + 1 < targets.size()) add(suffix[i], suffix[i + 1], EdgeType::kCarry);
  }
  for (Index a : from) {
    const auto at = static_cast<std::size_t>(std::ranges::lower_bound(targets, a) - targets.begin());
    if (at == targets.size() || targets[at] != a) {
      add(a, suffix[0], type);
      continue;
    }
    if (at > 0) add(a, prefix[at - 1], type);
    if (at + 1 < targets.size()) add(a, suffix[at + 1], type);
  }
}

void GraphBuilder::add_process_order(const History& history) {
  std::unordered_map<std::int32_t, Index> last_ok;
  last_ok.reserve(1024);
  for (Index txn = 0; txn < transactions_; ++txn) {
    const Operation& op = history.operations[txn];
    if (op.outcome == Outcome::kFail) continue;
    Index& last = last_ok.try_emplace(op.process, kNoIndex).first->second;
    if (last != kNoIndex) add(last, txn, EdgeType::kProcess);
    if (op.outcome == Outcome::kOk) last = txn;
  }
}

void GraphBuilder::add_realtime_order(const History& history) {
  struct Completion {
    Nanos time;
    Index txn;
    bool operator>(const Completion& other) const { return time > other.time; }
  };
  std::priority_queue<Completion, std::vector<Completion>, std::greater<>> open;
  released_.assign(transactions_, transactions_);
  Index point = kNoIndex;  // the latest point of the timeline
  for (Index txn = 0; txn < transactions_; ++txn) {
    const Operation& op = history.operations[txn];
    if (op.outcome == Outcome::kFail) continue;
    if (!open.empty() && open.top().time < op.invoked) {
      const Index next = new_node();
      if (point != kNoIndex) add(point, next, EdgeType::kCarry);
      point = next;
      for (; !open.empty() && open.top().time < op.invoked; open.pop()) {
        add(open.top().txn, point, EdgeType::kRealtime);
        released_[open.top().txn] = txn;
      }
    }
    if (point != kNoIndex) add(point, txn, EdgeType::kCarry);
    if (op.outcome == Outcome::kOk) open.push({op.completed, txn});
  }
}

DependencyGraph GraphBuilder::build() {
  DependencyGraph graph;
  graph.transactions_ = transactions_;
  graph.released_ = std::move(released_);
  std::vector<Index>& first = graph.first_edge_;
  first.assign(nodes_ + 2, 0);
  CHECK_THAT_HOLDS(edges_.size() < kNoIndex, "a dependency graph of 2^32 edges");
  for (const FromEdge& edge : edges_) ++first[edge.from + 2];
  for (Index node = 0; node + 1 < nodes_ + 1; ++node) first[node + 2] += first[node + 1];
  std::vector<Edge> sorted(edges_.size(), Edge(0, EdgeType::kWw));
  for (const FromEdge& edge : edges_) sorted[first[edge.from + 1]++] = edge.edge;
  first.pop_back();
  edges_ = {};

  // Where several data edges join two transactions, keep the strongest.
  std::vector<Index> slot_of(nodes_, kNoIndex);
  Index written = 0;
  for (Index node = 0; node < nodes_; ++node) {
    const Index begin = first[node];
    const Index new_begin = written;
    for (Index i = begin; i < first[node + 1]; ++i) {
      const Edge edge = sorted[i];
      Index& slot = slot_of[edge.to()];
      const bool data = edge.type() <= EdgeType::kRw;
      if (data && slot != kNoIndex && slot >= new_begin) {
        if (edge.type() < sorted[slot].type()) sorted[slot] = edge;
        continue;
      }
      if (data) slot = written;
      sorted[written++] = edge;
    }
    first[node] = new_begin;
  }
  first[nodes_] = written;
  sorted.erase(sorted.begin() + written, sorted.end());
  graph.edges_ = std::move(sorted);
  return graph;
}

DependencyGraph DependencyGraph::induced(std::span<const Index> members) const {
  DependencyGraph part;
  const auto local = [&](Index node) {
    const auto found = std::ranges::lower_bound(members, node);
    return found != members.end() && *found == node ? static_cast<Index>(found - members.begin()) : kNoIndex;
  };
  part.transactions_ = static_cast<Index>(std::ranges::lower_bound(members, transactions_) - members.begin());
  for (Index node : members) {
    for (Edge edge : out(node))
      if (const Index to = local(edge.to()); to != kNoIndex) part.edges_.push_back(Edge(to, edge.type()));
    part.first_edge_.push_back(static_cast<Index>(part.edges_.size()));
  }
  if (released_.empty()) return part;
  const auto txns = members.first(part.transactions_);
  for (Index txn : txns)
    part.released_.push_back(
        static_cast<Index>(std::ranges::lower_bound(txns, released_[txn]) - txns.begin()));
  return part;
}

namespace {

/// The strongly connected components of more than one node (Pearce 2016), without recursion: graphs have as
/// many nodes as histories have transactions.
class StrongComponents {
 public:
  StrongComponents(const DependencyGraph& graph, EdgeMask mask)
      : graph_(graph), mask_(mask), lowest_(graph.nodes(), 0) {}

  std::vector<std::vector<Index>> find() {
    for (Index start = 0; start < graph_.nodes(); ++start) {
      if (lowest_[start] == 0) enter(start);
      while (!path_.empty()) {
        const Index child = next_child(path_.back());
        if (child != kNoIndex)
          enter(child);
        else
          leave();
      }
    }
    return std::move(components_);
  }

 private:
  static constexpr Index kDone = kNoIndex;  // above every index, so a finished component never lowers a root
  struct Frame {
    Index node;
    Index next_edge;
    bool root;
  };

  void enter(Index node) {
    lowest_[node] = index_++;
    path_.push_back({node, 0, true});
  }

  void lower(Frame& frame, Index by) {
    if (lowest_[by] >= lowest_[frame.node]) return;
    lowest_[frame.node] = lowest_[by];
    frame.root = false;
  }

  /// The next successor that was not visited; kNoIndex: all were.
  Index next_child(Frame& frame) {
    const std::span<const Edge> out = graph_.out(frame.node);
    while (frame.next_edge < out.size()) {
      const Edge edge = out[frame.next_edge++];
      if (!edge.in(mask_)) continue;
      if (lowest_[edge.to()] == 0) return edge.to();
      lower(frame, edge.to());
    }
    return kNoIndex;
  }

  void leave() {
    const Frame done = path_.back();
    path_.pop_back();
    if (done.root)
      finish_component(done.node);
    else
      pending_.push_back(done.node);
    if (!path_.empty()) lower(path_.back(), done.node);
  }

  void finish_component(Index root) {
    std::vector<Index> component;
    while (!pending_.empty() && lowest_[pending_.back()] >= lowest_[root]) {
      component.push_back(pending_.back());
      lowest_[pending_.back()] = kDone;
      pending_.pop_back();
    }
    lowest_[root] = kDone;
    if (component.empty()) return;
    component.push_back(root);
    std::ranges::sort(component);
    components_.push_back(std::move(component));
  }

  const DependencyGraph& graph_;
  EdgeMask mask_;
  std::vector<Index> lowest_;  // 0: not visited
  std::vector<Frame> path_;
  std::vector<Index> pending_;  // visited, not yet given to a component
  Index index_ = 1;
  std::vector<std::vector<Index>> components_;
};

}  // namespace

std::vector<std::vector<Index>> strong_components(const DependencyGraph& graph, EdgeMask mask) {
  return StrongComponents(graph, mask).find();
}

}  // namespace harness

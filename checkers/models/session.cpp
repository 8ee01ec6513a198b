#include "checkers/models/session.h"

#include <algorithm>
#include <deque>
#include <unordered_map>
#include <unordered_set>

#include "checkers/common/patience.h"
#include "checkers/models/register_key.h"
#include "checkers/models/register_words.h"

namespace harness {
namespace {

enum Guarantee : std::uint8_t {
  kMonotonicReads,
  kReadYourWrites,
  kMonotonicWrites,
  kWritesFollowReads,
  kFirst
};
constexpr std::string_view kNames[] = {"monotonic-reads", "read-your-writes", "monotonic-writes",
                                       "writes-follow-reads", "first-value"};

/// `from` must come before `to`, because one process did `earlier` and then `later`.
struct Edge {
  std::uint32_t from, to;
  std::uint32_t earlier, later;  // operations of the history
  Guarantee guarantee;
};

class SessionChecker {
 public:
  SessionChecker(const History& history, const RegisterReading& reading, const Budget& budget,
                 Findings& findings)
      : history_(history), reading_(reading), findings_(findings), patience_(budget, findings) {}

  void judge(std::span<const std::uint32_t> group) {
    if (patience_.ended(group.size())) return;
    const RegisterKey key = extract_register_key(history_, reading_, group);
    std::vector<std::uint32_t> writer(key.values.size(), 0xffffffff);
    for (const RegisterOp& op : key.ops) {
      if (op.access == Access::kCas || op.access == Access::kDiffers)
        throw OperationRefused(history_.operations[op.operation].invoke_event,
                               "session guarantees are judged on reads and writes, not on cas");
      if (op.access != Access::kWrite) continue;
      if (op.writes == 0 || writer[op.writes] != 0xffffffff) {
        findings_.unknown("a value was written twice" + of_key(history_, key.key) +
                          ", so its versions cannot be told apart");
        return;
      }
      writer[op.writes] = op.operation;
    }
    for (const RegisterOp& op : key.ops)
      if (op.access == Access::kRead && op.expects != 0 && writer[op.expects] == 0xffffffff) {
        report_unwritten_read(history_, op.operation, findings_);
        return;
      }
    report_circles(demands(key), key.values.size());
  }

 private:
  /// What each process asks for: of its earlier operations only the last read and the last write matter, the
  /// others follow from them.
  std::vector<Edge> demands(const RegisterKey& key) {
    struct Past {
      std::uint32_t read = 0xffffffff, write = 0xffffffff;  // index in key.ops
    };
    std::unordered_map<std::int32_t, Past> past;
    std::vector<Edge> edges;
    std::vector<bool> from_first(key.values.size(), false);
    for (std::uint32_t i = 0; i < key.ops.size() && !patience_.ended(); ++i) {
      const RegisterOp& op = key.ops[i];
      const bool write = op.access == Access::kWrite;
      const std::uint32_t version = write ? op.writes : op.expects;
      if (version != 0 && !from_first[version]) {
        from_first[version] = true;
        edges.push_back({0, version, op.operation, op.operation, kFirst});
      }
      Past& mine = past[history_.operations[op.operation].process];
      const auto ask = [&](std::uint32_t before, std::uint32_t from, Guarantee guarantee) {
        // A read that saw what its own process wrote only later asks that a version precede itself.
        if (from != version || write)
          edges.push_back({from, version, key.ops[before].operation, op.operation, guarantee});
      };
      if (mine.read != 0xffffffff)
        ask(mine.read, key.ops[mine.read].expects, write ? kWritesFollowReads : kMonotonicReads);
      if (mine.write != 0xffffffff)
        ask(mine.write, key.ops[mine.write].writes, write ? kMonotonicWrites : kReadYourWrites);
      (write ? mine.write : mine.read) = i;
    }
    return edges;
  }

  /// Demands by the version that they begin with.
  struct Graph {
    std::vector<Edge> edges;
    std::vector<std::size_t> begin;  // edges[begin[v] .. begin[v + 1]) begin with v
    std::size_t versions() const { return begin.size() - 1; }
  };
  static Graph by_version(std::vector<Edge> edges, std::size_t versions) {
    std::stable_sort(edges.begin(), edges.end(),
                     [](const Edge& a, const Edge& b) { return a.from < b.from; });
    std::vector<std::size_t> begin(versions + 1, 0);
    for (const Edge& edge : edges) ++begin[edge.from + 1];
    for (std::size_t v = 1; v <= versions; ++v) begin[v] += begin[v - 1];
    return {std::move(edges), std::move(begin)};
  }

  /// Depth-first; each edge back to a version still open closes a circle. One circle is told per such edge.
  void report_circles(std::vector<Edge> edges, std::size_t versions) {
    const Graph graph = by_version(std::move(edges), versions);
    constexpr std::uint32_t kNew = 0, kDone = 0xffffffff;
    std::vector<std::uint32_t> place(versions, kNew);  // of an open version: where it is in `open`, from 1
    std::vector<std::size_t> next(graph.begin.begin(), graph.begin.end() - 1);
    for (std::uint32_t start = 0; start < versions; ++start) {
      if (place[start] != kNew) continue;
      std::vector<std::uint32_t> open = {start};
      std::vector<const Edge*> path;  // the edges between the open versions
      place[start] = 1;
      while (!open.empty()) {
        if (patience_.ended()) return;
        const std::uint32_t v = open.back();
        if (next[v] == graph.begin[v + 1]) {
          place[v] = kDone;
          open.pop_back();
          if (!path.empty()) path.pop_back();
          continue;
        }
        const Edge& edge = graph.edges[next[v]++];
        if (place[edge.to] == kNew) {
          open.push_back(edge.to);
          path.push_back(&edge);
          place[edge.to] = static_cast<std::uint32_t>(open.size());
        } else if (place[edge.to] != kDone) {
          if (findings_.wants_more()) {
            report(circle_of(graph, std::span(path).subspan(place[edge.to] - 1), edge));
          } else {
            findings_.count();
          }
        }
      }
    }
  }

  /// The circle that `last` closes. A long one is told by the shortest way from where `last` leads to where
  /// it began.
  std::vector<const Edge*> circle_of(const Graph& graph, std::span<const Edge* const> path,
                                     const Edge& last) {
    std::vector<const Edge*> circle(path.begin(), path.end());
    constexpr std::size_t kShort = 4;  // edges
    if (circle.size() >= kShort) {
      std::vector<const Edge*> by(graph.versions(), nullptr);  // the edge that led there
      std::deque<std::uint32_t> waiting = {last.to};
      while (by[last.from] == nullptr && !waiting.empty() && !patience_.ended()) {
        const std::uint32_t v = waiting.front();
        waiting.pop_front();
        for (std::size_t e = graph.begin[v]; e < graph.begin[v + 1]; ++e) {
          const Edge& edge = graph.edges[e];
          if (edge.to == last.to || by[edge.to] != nullptr) continue;
          by[edge.to] = &edge;
          waiting.push_back(edge.to);
        }
      }
      if (by[last.from] != nullptr) {
        circle.clear();
        for (std::uint32_t v = last.from; v != last.to; v = by[v]->from) circle.push_back(by[v]);
        std::reverse(circle.begin(), circle.end());
      }
    }
    circle.push_back(&last);
    return circle;
  }

  void report(const std::vector<const Edge*>& circle) {
    constexpr std::size_t kTold = 16;  // edges in words
    std::string type, text = "no order of the versions grants what these sessions saw:";
    bool named[5] = {};
    std::vector<std::uint32_t> involved;
    std::unordered_set<std::uint32_t> in;
    for (std::size_t e = 0; e < circle.size(); ++e) {
      const Edge* edge = circle[e];
      for (const std::uint32_t i : {edge->earlier, edge->later})
        if (in.insert(i).second) involved.push_back(i);
      if (edge->guarantee != kFirst && !named[edge->guarantee]) {
        type += (type.empty() ? "" : "+") + std::string(kNames[edge->guarantee]);
        named[edge->guarantee] = true;
      }
      if (e >= kTold) continue;
      if (edge->guarantee == kFirst) {
        text += " the first value comes before all others;";
      } else {
        text += " " + words(history_, edge->later) + " came after " + words(history_, edge->earlier) + " (" +
                std::string(kNames[edge->guarantee]) + ");";
      }
    }
    if (circle.size() > kTold) text += " and so on, " + std::to_string(circle.size()) + " steps in all;";
    text.back() = '.';
    findings_.add(type, involved, text);
  }

  const History& history_;
  const RegisterReading& reading_;
  Findings& findings_;
  Patience patience_;
};

}  // namespace

CheckResult check_session(const History& history, const ModelOptions& options) {
  const RegisterReading reading = register_reading(history, options);
  Findings findings("session", history);
  SessionChecker checker(history, reading, options.budget, findings);
  const ByKey by_key = split_by_key(history);
  for (std::size_t slot = 0; slot < by_key.size(); ++slot) {
    if (out_of_time(options.budget, slot, by_key.size(), findings)) break;
    checker.judge(by_key.group(slot));
  }
  return findings.finish("All four session guarantees hold.");
}

}  // namespace harness

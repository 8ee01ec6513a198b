#include "checkers/models/session.h"

#include <algorithm>
#include <unordered_map>

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
    if (patience_.ended()) return;
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

  /// Depth-first; each edge back to a version still open closes a circle. One circle is told per such edge.
  void report_circles(std::vector<Edge> edges, std::size_t versions) {
    std::stable_sort(edges.begin(), edges.end(),
                     [](const Edge& a, const Edge& b) { return a.from < b.from; });
    std::vector<std::size_t> begin(versions + 1, 0);
    for (const Edge& edge : edges) ++begin[edge.from + 1];
    for (std::size_t v = 1; v <= versions; ++v) begin[v] += begin[v - 1];
    std::vector<std::uint8_t> colour(versions, 0);  // 0 new, 1 open, 2 done
    std::vector<std::size_t> next(begin.begin(), begin.end() - 1);
    for (std::uint32_t start = 0; start < versions; ++start) {
      if (colour[start] != 0) continue;
      std::vector<std::uint32_t> open = {start};
      std::vector<const Edge*> path;  // the edges between the open versions
      colour[start] = 1;
      while (!open.empty()) {
        const std::uint32_t v = open.back();
        if (next[v] == begin[v + 1]) {
          colour[v] = 2;
          open.pop_back();
          if (!path.empty()) path.pop_back();
          continue;
        }
        const Edge& edge = edges[next[v]++];
        if (colour[edge.to] == 1) {
          const auto at = std::find(open.begin(), open.end(), edge.to) - open.begin();
          std::vector<const Edge*> circle(path.begin() + at, path.end());
          circle.push_back(&edge);
          report(circle);
        } else if (colour[edge.to] == 0) {
          colour[edge.to] = 1;
          open.push_back(edge.to);
          path.push_back(&edge);
        }
      }
    }
  }

  void report(const std::vector<const Edge*>& circle) {
    if (!findings_.wants_more()) return findings_.count();
    std::string type, text = "no order of the versions grants what these sessions saw:";
    bool named[5] = {};
    std::vector<std::uint32_t> involved;
    for (const Edge* edge : circle) {
      for (const std::uint32_t i : {edge->earlier, edge->later})
        if (std::find(involved.begin(), involved.end(), i) == involved.end()) involved.push_back(i);
      if (edge->guarantee == kFirst) {
        text += " the first value comes before all others;";
        continue;
      }
      if (!named[edge->guarantee]) {
        type += (type.empty() ? "" : "+") + std::string(kNames[edge->guarantee]);
        named[edge->guarantee] = true;
      }
      text += " " + words(history_, edge->later) + " came after " + words(history_, edge->earlier) + " (" +
              std::string(kNames[edge->guarantee]) + ");";
    }
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

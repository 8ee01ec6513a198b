#include "checkers/models/zones.h"

#include <algorithm>
#include <limits>

#include "checkers/common/no_index.h"
#include "checkers/common/value_index.h"
#include "checkers/models/zone_order.h"

namespace harness {
namespace {

constexpr Nanos kBeforeAll = std::numeric_limits<Nanos>::min();  // the first value is written before all time

constexpr std::uint32_t kStride = 1 << 16;  // operations between two looks at the budget
constexpr std::uint32_t kAhead = 12;        // operations: what they touch is fetched from memory meanwhile

/// A write and the reads of its value. An indeterminate write that nobody read has first_return kNever.
struct Cluster {
  Nanos first_return = kNever;      // F
  std::uint32_t writer = kNoIndex;  // kNoIndex: the first value of the register, or nobody
  std::uint32_t last = kNoIndex;    // the operation invoked last; kNoIndex: none yet
  Nanos last_invoked = kBeforeAll;  // S: when that was
};

class Zones {
 public:
  Zones(const History& history, const RegisterReading& reading, const Budget& budget, Findings& findings)
      : history_(history),
        ops_(history.operations),
        reading_(reading),
        budget_(budget),
        findings_(findings),
        keys_(static_cast<std::uint32_t>(history.keys.size()) + 1) {}

  ZonesOutcome run() {
    outcome_.route.assign(keys_, KeyRoute::kZones);
    outcome_.used.assign(keys_, 0);
    clusters_.assign(
        keys_, {kBeforeAll, kNoIndex, kNoIndex, kBeforeAll});  // the first values; then one cluster a write
    cluster_of_.assign(ops_.size(), kNoIndex);
    DenseRanges dense(keys_);
    for (const Operation& op : ops_)
      if (is_write(op) && op.outcome != Outcome::kFail) dense.announce(slot(op), op.argument);
    if (dense.prepare(keys_)) {
      clusters_.resize(dense.end());
      gather([&](std::uint32_t key, Value value) { return dense.number(key, value); },
             [&](std::uint32_t key, Value value) { return dense.number(key, value); });
      if (!outcome_.stopped && all_in_order(dense)) return std::move(outcome_);
    } else {
      clusters_.reserve(keys_ + dense.announced());
      ValueIndex index([this](std::uint32_t cluster) {
        const Operation& op = ops_[clusters_[cluster].writer];
        return std::pair(slot(op), op.argument);
      });
      gather([&](std::uint32_t key, Value value) { return index.find(key, value); },
             [&](std::uint32_t key, Value value) {
               const auto fresh = static_cast<std::uint32_t>(clusters_.size());
               const std::uint32_t known = index.insert(key, value, fresh);
               if (known != kNoIndex) return known;
               clusters_.emplace_back();
               return fresh;
             });
    }
    if (!outcome_.stopped) scan_backwards();
    if (!outcome_.stopped) judge_first_values();
    return std::move(outcome_);
  }

 private:
  std::uint32_t slot(const Operation& op) const { return key_slot(history_, op.key); }
  bool judged(std::uint32_t key) const { return outcome_.route[key] == KeyRoute::kZones; }
  void reroute(std::uint32_t key, KeyRoute to) { outcome_.route[key] = std::max(outcome_.route[key], to); }

  static bool is_write(const Operation& op) {
    return op.function == Function::kWrite || op.function == Function::kPut;
  }
  static bool is_read(const Operation& op) {
    return op.function == Function::kRead || op.function == Function::kGet;
  }

  /// Looks at the budget now and then; `done` operations of each pass are behind.
  bool must_stop(std::uint32_t done) {
    if (done % kStride != 0 || !budget_.stop()) return false;
    outcome_.stopped = true;
    findings_.unknown(stopped_words("operations", done, ops_.size()));
    return true;
  }

  /// find(key, value): where the cluster of a value stands, if anywhere; make: likewise, with a place for it.
  template <typename Find, typename Make>
  void gather(Find find, Make make) {
    std::vector<std::uint32_t> early;  // reads invoked before the write of their value was, if there is one
    const auto n = static_cast<std::uint32_t>(ops_.size());
    for (std::uint32_t i = 0; i < n; ++i) {
      if (must_stop(i)) return;
      if (i + kAhead < n) fetch(ops_[i + kAhead], find);
      const Operation& op = ops_[i];
      const std::uint32_t key = slot(op);
      if (is_read(op)) {
        if (op.outcome != Outcome::kOk || (reading_.null_read_unconstrained && op.result.is_nil())) continue;
        const std::uint32_t cluster = op.result == reading_.initial ? key : find(key, op.result);
        if (cluster == kNoIndex || (cluster >= keys_ && clusters_[cluster].writer == kNoIndex)) {
          early.push_back(i);
        } else {
          attach(i, cluster);
        }
      } else if (is_write(op)) {
        if (op.outcome == Outcome::kFail) continue;
        const std::uint32_t cluster = op.argument == reading_.initial ? kNoIndex : make(key, op.argument);
        if (cluster == kNoIndex || clusters_[cluster].writer != kNoIndex) {
          reroute(key, KeyRoute::kSearch);
          continue;
        }
        clusters_[cluster] = {op.deadline(), i, i, op.invoked};
        cluster_of_[i] = cluster;
      } else if (reading_.relevant(history_, op)) {
        reroute(key, op.outcome == Outcome::kFail ? KeyRoute::kSearch : KeyRoute::kChains);
      }
    }
    for (const std::uint32_t i : early) judge_early(i, find(slot(ops_[i]), ops_[i].result));
  }

  /// With many keys each operation touches other memory than the last.
  template <typename Find>
  void fetch(const Operation& op, Find find) {
    const Value value = is_read(op) ? op.result : op.argument;
    if (!value.is_integer()) return;
    const std::uint32_t cluster = find(slot(op), value);
    if (cluster != kNoIndex) __builtin_prefetch(&clusters_[cluster], 1);
  }

  void judge_early(std::uint32_t i, std::uint32_t cluster) {
    const std::uint32_t key = slot(ops_[i]);
    if (!judged(key)) return;
    const std::uint32_t writer = cluster == kNoIndex ? kNoIndex : clusters_[cluster].writer;
    if (writer == kNoIndex) {
      outcome_.used[key] = 2;
      report_unwritten_read(history_, i, findings_);
    } else if (ops_[i].completed < ops_[writer].invoked) {
      outcome_.used[key] = 2;
      report_future_read(history_, i, writer, findings_);
    } else {
      attach(i, cluster);
    }
  }

  void attach(std::uint32_t read, std::uint32_t cluster) {
    cluster_of_[read] = cluster;
    Cluster& c = clusters_[cluster];
    c.first_return = std::min(c.first_return, ops_[read].completed);
    if (c.last != kNoIndex && c.last > read) return;
    c.last = read;
    c.last_invoked = ops_[read].invoked;
  }

  /// Where a key's clusters stand together, a look at them is cheaper than the scan, and mostly enough.
  bool all_in_order(const DenseRanges& dense) {
    std::vector<ClusterSpan> spans;
    for (std::uint32_t key = 0; key < keys_; ++key) {
      if (!judged(key)) continue;
      spans.clear();
      const auto [begin, end] = dense.numbers(key);
      for (std::uint32_t at = begin; at < end; ++at) {
        const Cluster& c = clusters_[at];
        if (c.writer != kNoIndex && c.first_return != kNever)
          spans.push_back({c.first_return, c.last_invoked});
      }
      if (outcome_.used[key] == 0 && (!spans.empty() || clusters_[key].last != kNoIndex))
        outcome_.used[key] = 1;
      if (!in_order(spans, clusters_[key].last_invoked)) return false;
    }
    return true;
  }

  /// What the scan knows of a key.
  struct Scanned {
    Nanos forward_f = kNever, forward_s = 0;  // of `forward`
    std::uint32_t forward = kNoIndex;         // the forward zone of least F
    std::uint32_t told = kNoIndex;            // the forward zone that was reported last
    Nanos earliest_f = kNever;                // of `earliest`
    std::uint32_t earliest = kNoIndex;        // the cluster of least F
  };

  /// In reverse order of invocation each cluster is met at its S. Of the clusters met before on its key only
  /// the forward one (F < S) of least F can conflict with it: forward zones that do not conflict are
  /// disjoint.
  void scan_backwards() {
    scanned_.assign(keys_, {});
    for (auto i = static_cast<std::uint32_t>(ops_.size()); i-- > 0;) {
      if (must_stop(i)) return;
      if (i >= kAhead && cluster_of_[i - kAhead] != kNoIndex)
        __builtin_prefetch(&clusters_[cluster_of_[i - kAhead]]);
      const std::uint32_t cluster = cluster_of_[i];
      if (cluster == kNoIndex) continue;
      const Cluster c = clusters_[cluster];
      if (c.last != i || c.writer == kNoIndex || c.first_return == kNever) continue;
      const std::uint32_t key = slot(ops_[i]);
      if (!judged(key)) continue;
      if (outcome_.used[key] == 0) outcome_.used[key] = 1;
      const Nanos s = c.last_invoked;
      Scanned& seen = scanned_[key];
      // One stale read conflicts with all that it missed: it is told once.
      if (seen.forward_f < s && c.first_return < seen.forward_s && seen.told != seen.forward) {
        seen.told = seen.forward;
        report_conflict(cluster, seen.forward);
      }
      if (c.first_return < s && c.first_return < seen.forward_f) {
        seen.forward = cluster;
        seen.forward_f = c.first_return;
        seen.forward_s = s;
      }
      if (c.first_return < seen.earliest_f) {
        seen.earliest = cluster;
        seen.earliest_f = c.first_return;
      }
    }
  }

  /// The cluster of the first value precedes all others: it may not be read once another value was seen.
  void judge_first_values() {
    for (std::uint32_t key = 0; key < keys_; ++key) {
      if (!judged(key) || clusters_[key].last == kNoIndex) continue;
      if (outcome_.used[key] == 0) outcome_.used[key] = 1;
      if (scanned_[key].earliest_f < clusters_[key].last_invoked)
        report_conflict(key, scanned_[key].earliest);
    }
  }

  /// The operation of a cluster that returned first.
  std::uint32_t first_returned(std::uint32_t cluster) const {
    for (std::uint32_t i = 0; i < ops_.size(); ++i)
      if (cluster_of_[i] == cluster && ops_[i].deadline() == clusters_[cluster].first_return) return i;
    return kNoIndex;
  }
  BlockEnds ends(std::uint32_t cluster) const {
    return {clusters_[cluster].writer,
            clusters_[cluster].writer == kNoIndex ? kNoIndex : first_returned(cluster),
            clusters_[cluster].last};
  }
  void report_conflict(std::uint32_t a, std::uint32_t b) {
    outcome_.used[slot(ops_[clusters_[b].last])] = 2;
    if (findings_.wants_more()) {
      report_block_conflict(history_, ends(a), ends(b), findings_);
    } else {
      findings_.count();
    }
  }

  const History& history_;
  const std::vector<Operation>& ops_;
  const RegisterReading& reading_;
  const Budget& budget_;
  Findings& findings_;
  const std::uint32_t keys_;
  std::vector<Cluster> clusters_;
  std::vector<std::uint32_t> cluster_of_;  // by operation; kNoIndex: it proves nothing
  std::vector<Scanned> scanned_;           // by key
  ZonesOutcome outcome_;
};

}  // namespace

ZonesOutcome check_zones(const History& history, const RegisterReading& reading, const Budget& budget,
                         Findings& findings) {
  return Zones(history, reading, budget, findings).run();
}

}  // namespace harness

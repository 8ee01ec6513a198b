#include "checkers/zones.h"

#include <algorithm>
#include <limits>

#include "checkers/value_index.h"

namespace harness {
namespace {

constexpr std::uint32_t kNone = 0xffffffff;
constexpr Nanos kBefore = std::numeric_limits<Nanos>::min();  // the first value is written before all time

/// A write and the reads of its value. An indeterminate write that nobody read has first_return kNever.
struct Cluster {
  Nanos first_return;    // F
  std::uint32_t writer;  // kNone: the first value of the register
  std::uint32_t last;    // the operation invoked last: its invocation is S; kNone: none yet
};

class Zones {
 public:
  Zones(const History& history, const RegisterReading& reading, Findings& findings)
      : history_(history),
        ops_(history.operations),
        reading_(reading),
        findings_(findings),
        keys_(static_cast<std::uint32_t>(history.keys.size()) + 1) {}

  ZonesOutcome run() {
    outcome_.route.assign(keys_, KeyRoute::kZones);
    outcome_.used.assign(keys_, 0);
    clusters_.assign(keys_, {kBefore, kNone, kNone});  // the first values; then one cluster a write
    cluster_of_.assign(ops_.size(), kNone);
    DenseValueIndex dense(keys_);
    for (const Operation& op : ops_)
      if (is_write(op) && op.outcome != Outcome::kFail) dense.announce(slot(op), op.argument);
    clusters_.reserve(keys_ + dense.announced());
    if (dense.prepare()) {
      gather(dense);
    } else {
      const auto key_value = [this](std::uint32_t cluster) {
        const Operation& op = ops_[clusters_[cluster].writer];
        return std::pair(slot(op), op.argument);
      };
      ValueIndex index(key_value);
      gather(index);
    }
    scan_backwards();
    judge_first_values();
    return std::move(outcome_);
  }

 private:
  std::uint32_t slot(const Operation& op) const { return key_slot(history_, op.key); }
  bool judged(std::uint32_t key) const { return outcome_.route[key] == KeyRoute::kZones; }
  Nanos s(std::uint32_t cluster) const { return ops_[clusters_[cluster].last].invoked; }
  void reroute(std::uint32_t key, KeyRoute to) { outcome_.route[key] = std::max(outcome_.route[key], to); }

  static bool is_write(const Operation& op) {
    return op.function == Function::kWrite || op.function == Function::kPut;
  }

  template <typename Index>
  void gather(Index& index) {
    std::vector<std::uint32_t> early;  // reads invoked before the write of their value was, if there is one
    const auto n = static_cast<std::uint32_t>(ops_.size());
    for (std::uint32_t i = 0; i < n; ++i) {
      const Operation& op = ops_[i];
      switch (op.function) {
        case Function::kRead:
        case Function::kGet: {
          if (!reading_.relevant(history_, op)) break;
          const std::uint32_t key = slot(op);
          const std::uint32_t cluster = op.result == reading_.initial ? key : index.find(key, op.result);
          if (cluster == kNone) {
            early.push_back(i);
          } else {
            attach(i, cluster);
          }
          break;
        }
        case Function::kWrite:
        case Function::kPut: {
          if (op.outcome == Outcome::kFail) break;
          const std::uint32_t key = slot(op);
          const auto cluster = static_cast<std::uint32_t>(clusters_.size());
          clusters_.push_back({op.deadline(), i, i});
          cluster_of_[i] = cluster;
          if (op.argument == reading_.initial || index.insert(key, op.argument, cluster) != kNone)
            reroute(key, KeyRoute::kSearch);
          break;
        }
        default:
          if (reading_.relevant(history_, op))
            reroute(slot(op), op.outcome == Outcome::kFail ? KeyRoute::kSearch : KeyRoute::kChains);
      }
    }
    for (const std::uint32_t i : early) {
      const std::uint32_t key = slot(ops_[i]);
      if (!judged(key)) continue;
      const std::uint32_t cluster = index.find(key, ops_[i].result);
      if (cluster == kNone) {
        outcome_.used[key] = 2;
        report_unwritten_read(history_, i, findings_);
      } else if (const std::uint32_t writer = clusters_[cluster].writer;
                 ops_[i].completed < ops_[writer].invoked) {
        outcome_.used[key] = 2;
        report_future_read(history_, i, writer, findings_);
      } else {
        attach(i, cluster);
      }
    }
  }

  void attach(std::uint32_t read, std::uint32_t cluster) {
    cluster_of_[read] = cluster;
    Cluster& c = clusters_[cluster];
    c.first_return = std::min(c.first_return, ops_[read].completed);
    if (c.last == kNone || c.last < read) c.last = read;
  }

  /// In reverse order of invocation each cluster is met at its S. Of the clusters met before on its key only
  /// the forward one (F < S) of least F can conflict with it: forward zones that do not conflict are
  /// disjoint.
  void scan_backwards() {
    std::vector<std::uint32_t> forward(keys_, kNone);
    std::vector<std::uint32_t> told(keys_, kNone);  // the forward zone that was reported last
    earliest_.assign(keys_, kNone);
    for (auto i = static_cast<std::uint32_t>(ops_.size()); i-- > 0;) {
      const std::uint32_t cluster = cluster_of_[i];
      if (cluster == kNone) continue;
      const Cluster c = clusters_[cluster];
      if (c.last != i || c.writer == kNone || c.first_return == kNever) continue;
      const std::uint32_t key = slot(ops_[i]);
      if (!judged(key)) continue;
      if (outcome_.used[key] == 0) outcome_.used[key] = 1;
      const Nanos invoked = ops_[i].invoked;
      std::uint32_t& zone = forward[key];
      // One stale read conflicts with all that it missed: it is told once.
      if (zone != kNone && told[key] != zone && clusters_[zone].first_return < invoked &&
          c.first_return < s(zone)) {
        told[key] = zone;
        report_conflict(cluster, zone);
      }
      if (c.first_return < invoked && (zone == kNone || c.first_return < clusters_[zone].first_return))
        zone = cluster;
      std::uint32_t& earliest = earliest_[key];
      if (earliest == kNone || c.first_return < clusters_[earliest].first_return) earliest = cluster;
    }
  }

  /// The cluster of the first value precedes all others: it may not be read once another value was seen.
  void judge_first_values() {
    for (std::uint32_t key = 0; key < keys_; ++key) {
      const std::uint32_t earliest = earliest_[key];
      if (!judged(key) || clusters_[key].last == kNone) continue;
      if (outcome_.used[key] == 0) outcome_.used[key] = 1;
      if (earliest == kNone) continue;
      if (clusters_[earliest].first_return < s(key)) report_conflict(key, earliest);
    }
  }

  /// The operation of a cluster that returned first.
  std::uint32_t first_returned(std::uint32_t cluster) const {
    for (std::uint32_t i = 0; i < ops_.size(); ++i)
      if (cluster_of_[i] == cluster && ops_[i].deadline() == clusters_[cluster].first_return) return i;
    return kNone;
  }
  BlockEnds ends(std::uint32_t cluster) const {
    return {clusters_[cluster].writer, clusters_[cluster].writer == kNone ? kNone : first_returned(cluster),
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
  Findings& findings_;
  const std::uint32_t keys_;
  std::vector<Cluster> clusters_;
  std::vector<std::uint32_t> cluster_of_;  // by operation; kNone: it proves nothing
  std::vector<std::uint32_t> earliest_;    // by key: the cluster of least F
  ZonesOutcome outcome_;
};

}  // namespace

ZonesOutcome check_zones(const History& history, const RegisterReading& reading, Findings& findings) {
  return Zones(history, reading, findings).run();
}

}  // namespace harness

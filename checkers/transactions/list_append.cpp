#include "checkers/transactions/list_append.h"

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "checkers/transactions/txn_list_orders.h"

namespace harness {
namespace {

constexpr Index kUnread = ListOrders::kUnread;

/// Where the current transaction first touched a key, and whether it has appended to it.
struct KeyTouch {
  Index txn = kNoIndex;
  Index first_mop = 0;
  bool appended = false;
};

/// Transactions that read one version of a key and went on to append to it.
struct Updaters {
  Index key = 0;
  Index read = 0;  // a micro-operation that read the version
  std::vector<Index> txns;
};

struct KeyedTxn {
  Index key;
  Index txn;
};

}  // namespace

class ListAppend::Impl {
 public:
  Impl(const History& history, TxnBudget& budget)
      : history_(history), budget_(budget), orders_(history, budget), txns_(orders_.txns()) {}

  TxnFindings analyze(const TxnRequest& request) {
    findings_.reason = [this](const CycleStep& step, const std::string& from, const std::string& to) {
      return reason(step, from, to);
    };
    try {
      look_for_everything(request);
    } catch (const TxnBudgetEnded& ended) {
      findings_.incomplete = ended.why;
    }
    return std::move(findings_);
  }

 private:
  void look_for_everything(const TxnRequest& request) {
    note_doubts();
    judge_irregular_reads();
    judge_orders();
    GraphBuilder graph(txns_.size());
    judge_and_link(graph);
    report_lost_updates();
    link_unread_appends(graph);
    finish_graph(graph, history_, request, budget_, findings_);
  }

  void note_doubts() {
    for (const DoubleAppend& twice : orders_.double_appends())
      findings_.doubts.push_back("duplicate-appends: " + show(history_, twice.element) + " was appended to " +
                                 key_name(twice.key) + " by more than one micro-operation (" +
                                 show_transaction(history_, history_.operations[twice.first_txn]) + "; " +
                                 show_transaction(history_, history_.operations[twice.second_txn]) +
                                 "), so the versions of this key cannot be told apart");
  }

  // --- what a transaction shows by itself ---

  /// Judges each micro-operation against the earlier ones of its transaction on the same key.
  void judge_alone(Index txn) {
    bool internal_reported = false, future_reported = false;
    for (Index mop = txns_.mop_begin(txn); mop < txns_.mop_end(txn); ++mop) {
      const Index key_id = txns_.key(mop);
      KeyTouch& touch = touches_[key_id];
      const bool first = touch.txn != txn;
      if (first) touch = {txn, mop, false};
      if (!txns_.is_write(mop)) {
        if (!first && !internal_reported) internal_reported = judge_internal(txn, mop, key_id);
        continue;
      }
      if (!first && !future_reported) future_reported = judge_future_read(txn, mop, key_id);
      if (!first && !touch.appended && txns_.is_ok(txn)) note_update(key_id, txn, touch.first_mop);
      touch.appended = true;
    }
  }

  /// INT of Cerone et al.: a read shows the transaction's last read of the key and its own appends since.
  bool judge_internal(Index txn, Index mop, Index key_id) {
    std::vector<Value> appended;  // latest first
    std::optional<Value> base;
    for (Index earlier = mop; earlier-- > txns_.mop_begin(txn) && !base;) {
      if (txns_.key(earlier) != key_id) continue;
      if (txns_.is_write(earlier))
        appended.push_back(txns_.value[earlier]);
      else
        base = txns_.value[earlier];
    }
    const std::span<const Value> seen = list_of(history_, txns_.value[mop]);
    const std::span<const Value> before = base ? list_of(history_, *base) : std::span<const Value>{};
    bool agrees = base ? seen.size() == before.size() + appended.size() : seen.size() >= appended.size();
    agrees = agrees && std::equal(before.begin(), before.end(), seen.begin()) &&
             std::equal(appended.begin(), appended.end(), seen.rbegin());
    if (agrees) return false;
    findings_.log.add("internal", [&] {
      std::string expected = base ? "[" : "[…";
      for (Value element : before) expected += (expected.size() > 1 ? "," : "") + show(history_, element);
      std::ranges::reverse(appended);
      for (Value element : appended) expected += (expected.size() > 1 ? "," : "") + show(history_, element);
      return anomaly_of(history_, {txn}, key_name(key_id),
                        "T1 read " + key_name(key_id) + " as " + read_text(mop) +
                            ", but after its own earlier reads and appends of " + key_name(key_id) +
                            " it should have seen " + expected + "].");
    });
    return true;
  }

  bool judge_future_read(Index txn, Index append, Index key_id) {
    for (Index mop = txns_.mop_begin(txn); mop < append; ++mop) {
      if (txns_.is_write(mop) || txns_.key(mop) != key_id) continue;
      const std::span<const Value> seen = list_of(history_, txns_.value[mop]);
      if (std::ranges::find(seen, txns_.value[append]) == seen.end()) continue;
      findings_.log.add("future-read", [&] {
        return anomaly_of(history_, {txn}, key_name(key_id),
                          "T1 read " + key_name(key_id) + " as " + read_text(mop) + ", which holds " +
                              show(history_, txns_.value[append]) + " before T1 itself appended it.");
      });
      return true;
    }
    return false;
  }

  /// A transaction read a version and then appended to it. Two that did so from one version lost an update.
  void note_update(Index key_id, Index txn, Index first_read) {
    const KeyOrder& key = orders_.keys()[key_id];
    const Index version = orders_.version(first_read);
    if (version == kUnread || key.conflicted) return;
    const std::size_t at = std::size_t{key.begin} + key_id + version;  // key.size + 1 versions a key
    if (first_update_[at] == kNoIndex) {
      first_update_[at] = txn;
      return;
    }
    Updaters& updaters = lost_updates_[at];
    if (updaters.txns.empty()) updaters = {key_id, first_read, {first_update_[at]}};
    updaters.txns.push_back(txn);
  }

  void report_lost_updates() {
    std::vector<const Updaters*> cases;
    for (const auto& [at, updaters] : lost_updates_) cases.push_back(&updaters);
    std::ranges::sort(cases, {}, [](const Updaters* updaters) { return updaters->txns.front(); });
    for (const Updaters* updaters : cases)
      findings_.log.add("lost-update", [&] {
        const std::string name = key_name(updaters->key);
        return anomaly_of(
            history_, updaters->txns, name,
            "All of these read " + name + " as " + read_text(updaters->read) +
                " and went on to append to it: each but one overwrote an update it had not seen.");
      });
  }

  // --- reads that are no prefix of the longest read ---

  void judge_irregular_reads() {
    for (const PlacedMop& read : orders_.irregular()) {
      budget_.poll();
      const KeyOrder& key = orders_.key_of(read.mop);
      if (key.conflicted) continue;
      const std::span<const Value> list = list_of(history_, txns_.value[read.mop]);
      judge_repeats(read, list);
      const std::span<const Value> longest = list_of(history_, key.longest);
      if (!std::equal(list.begin(), list.end(), longest.begin())) report_incompatible(read, key);
      const Index key_id = txns_.key(read.mop);
      for (Value element : list) {
        const auto append = orders_.append_of(key_id, element);
        report_origin(read, element, append ? append->txn : kNoIndex);
      }
      judge_last_element(read, list.back());
    }
  }

  void judge_repeats(const PlacedMop& read, std::span<const Value> list) {
    std::vector<Value> sorted(list.begin(), list.end());
    std::ranges::sort(sorted, {}, &Value::bits);
    const auto twice = std::ranges::adjacent_find(sorted);
    if (twice == sorted.end()) return;
    findings_.log.add("duplicate-elements", [&] {
      const std::string name = key_name(txns_.key(read.mop));
      return anomaly_of(history_, {read.txn}, name,
                        "T1 read " + name + " as " + read_text(read.mop) + ", where " +
                            show(history_, *twice) + " occurs " +
                            std::to_string(std::ranges::count(sorted, *twice)) +
                            " times, though it was appended once.");
    });
  }

  /// Once a key: the other reads say the same.
  void report_incompatible(const PlacedMop& read, const KeyOrder& key) {
    const Index key_id = txns_.key(read.mop);
    if (incompatible_[key_id]) return;
    incompatible_[key_id] = true;
    findings_.log.add("incompatible-order", [&] {
      const std::string name = key_name(key_id);
      return anomaly_of(
          history_, {read.txn, orders_.txn_of(key.longest_mop)}, name,
          "T1 read " + name + " as " + read_text(read.mop) + " and T2 read it as " +
              read_text(key.longest_mop) +
              "; neither list begins with the other, so no single order of appends gives both.");
    });
  }

  /// An element read at any place must come from a transaction that may have committed.
  void report_origin(const PlacedMop& read, Value element, Index writer) {
    const std::string name = key_name(txns_.key(read.mop));
    if (writer == kNoIndex) {
      findings_.log.add("garbage-read", [&] {
        return anomaly_of(history_, {read.txn}, name,
                          "T1 read " + name + " as " + read_text(read.mop) +
                              ", but no transaction ever appended " + show(history_, element) + " to " +
                              name + ".");
      });
    } else if (!txns_.is_possible(writer)) {
      findings_.log.add("G1a", [&] {
        return anomaly_of(history_, {writer, read.txn}, name,
                          "T1 appended " + show(history_, element) + " to " + name +
                              " and failed, yet T2 read " + name + " as " + read_text(read.mop) + ".");
      });
    }
  }

  /// G1b of a read whose last element is in no order; the others are judged with the regular reads.
  void judge_last_element(const PlacedMop& read, Value last) {
    if (orders_.version(read.mop) != kUnread) return;
    const auto append = orders_.append_of(txns_.key(read.mop), last);
    if (!append || append->txn == read.txn) return;
    for (Index later = append->mop + 1; later < txns_.mop_end(append->txn); ++later)
      if (txns_.is_write(later) && txns_.key(later) == txns_.key(read.mop))
        return report_intermediate(read, append->txn, last);
  }

  void report_intermediate(const PlacedMop& read, Index writer, Value element) {
    findings_.log.add("G1b", [&] {
      const std::string name = key_name(txns_.key(read.mop));
      return anomaly_of(history_, {writer, read.txn}, name,
                        "T2 read " + name + " as " + read_text(read.mop) + ", which ends in T1's append of " +
                            show(history_, element) + "; but T1 appended to " + name +
                            " again, so T2 saw a state from the middle of T1.");
    });
  }

  // --- orders with elements of aborted transactions ---

  void judge_orders() {
    for (Index key_id = 0; key_id < orders_.keys().size(); ++key_id) {
      const KeyOrder& key = orders_.keys()[key_id];
      if (key.conflicted) continue;
      Index aborted = kNoIndex;  // the first failed transaction that no committed one has followed yet
      for (Index position = 0; position < key.size; ++position) {
        const Index writer = orders_.appender(key, position);
        if (writer == kNoIndex || !txns_.is_possible(writer)) {
          first_taint_[key_id] = std::min(first_taint_[key_id], position);
          if (aborted == kNoIndex) aborted = writer;
        } else if (aborted != kNoIndex && txns_.is_ok(writer)) {
          report_dirty_update(key_id, aborted, writer, orders_.element(key, position));
          aborted = kNoIndex;
        }
      }
    }
  }

  void report_dirty_update(Index key_id, Index aborted, Index writer, Value element) {
    findings_.log.add("dirty-update", [&] {
      const std::string name = key_name(key_id);
      return anomaly_of(history_, {aborted, writer}, name,
                        "T1 appended to " + name + " and failed, yet the committed T2 appended " +
                            show(history_, element) + " to " + name + " on top of it.");
    });
  }

  // --- dependencies ---

  void judge_and_link(GraphBuilder& graph) {
    for (Index txn = 0; txn < txns_.size(); ++txn) {
      budget_.poll(graph.bytes());
      if (!txns_.is_possible(txn)) continue;
      judge_alone(txn);
      for (Index mop = txns_.mop_begin(txn); mop < txns_.mop_end(txn); ++mop) {
        if (orders_.key_of(mop).conflicted) continue;
        if (txns_.is_write(mop))
          link_append(graph, {mop, txn});
        else
          judge_and_link_read(graph, {mop, txn});
      }
    }
  }

  void link_append(GraphBuilder& graph, const PlacedMop& append) {
    const KeyOrder& key = orders_.key_of(append.mop);
    const Index version = orders_.version(append.mop);
    // An append that nobody saw came after all that somebody did.
    const Index previous = version == kUnread ? key.size : version - 1;
    if (const Index writer = orders_.writer(key, previous); writer != kNoIndex)
      graph.add(writer, append.txn, EdgeType::kWw);
    if (version == kUnread) unread_appends_.push_back({txns_.key(append.mop), append.txn});
  }

  void judge_and_link_read(GraphBuilder& graph, const PlacedMop& read) {
    const KeyOrder& key = orders_.key_of(read.mop);
    const Index key_id = txns_.key(read.mop), version = orders_.version(read.mop);
    if (version == kUnread) return;
    if (version > first_taint_[key_id]) judge_taints(key, read);
    if (version > 0) {
      const Index last = version - 1;
      if (orders_.is_intermediate(key, last) && orders_.appender(key, last) != read.txn)
        report_intermediate(read, orders_.appender(key, last), orders_.element(key, last));
      if (const Index writer = orders_.writer(key, version); writer != kNoIndex)
        graph.add(writer, read.txn, EdgeType::kWr);
    }
    if (version < key.size) {
      if (const Index next = orders_.writer(key, version + 1); next != kNoIndex)
        graph.add(read.txn, next, EdgeType::kRw);
    } else if (key.unread > 0) {
      last_readers_.push_back({key_id, read.txn});
    }
  }

  /// A read that is a prefix of the order, and reaches an element that no committed transaction appended.
  void judge_taints(const KeyOrder& key, const PlacedMop& read) {
    if (std::ranges::binary_search(orders_.irregular(), read.mop, {}, &PlacedMop::mop))
      return;  // judged already
    for (Index position = first_taint_[txns_.key(read.mop)]; position < orders_.version(read.mop); ++position)
      report_origin(read, orders_.element(key, position), orders_.appender(key, position));
  }

  /// Whoever read all that was ever seen of a key read it before each append that nobody saw.
  void link_unread_appends(GraphBuilder& graph) {
    std::ranges::stable_sort(unread_appends_, {}, &KeyedTxn::key);
    std::ranges::stable_sort(last_readers_, {}, &KeyedTxn::key);
    std::vector<Index> readers, writers;
    auto reader = last_readers_.begin();
    for (auto append = unread_appends_.begin(); append != unread_appends_.end();) {
      const Index key_id = append->key;
      writers.clear();
      readers.clear();
      for (; append != unread_appends_.end() && append->key == key_id; ++append)
        writers.push_back(append->txn);
      while (reader != last_readers_.end() && reader->key < key_id) ++reader;
      for (; reader != last_readers_.end() && reader->key == key_id; ++reader) readers.push_back(reader->txn);
      if (!readers.empty()) graph.add_product(readers, writers, EdgeType::kRw);
    }
  }

  // --- words ---

  EdgeReason reason(const CycleStep& step, const std::string& from, const std::string& to) const {
    switch (step.type) {
      case EdgeType::kWw:
        return reason_ww(step, from, to);
      case EdgeType::kWr:
        return reason_wr(step, from, to);
      default:
        return reason_rw(step, from, to);
    }
  }

  EdgeReason reason_ww(const CycleStep& step, const std::string& from, const std::string& to) const {
    for (Index mop = txns_.mop_begin(step.to); mop < txns_.mop_end(step.to); ++mop) {
      const KeyOrder& key = orders_.key_of(mop);
      if (!txns_.is_write(mop) || key.conflicted) continue;
      const bool unread = orders_.version(mop) == kUnread;
      const Index previous = unread ? key.size : orders_.version(mop) - 1;
      if (orders_.writer(key, previous) != step.from) continue;
      const std::string name = key_name(txns_.key(mop));
      return {name, from + " appended " + show(history_, orders_.element(key, previous - 1)) + " to " + name +
                        ", and " + to + " appended " + show(history_, txns_.value[mop]) +
                        (unread ? " after all that was ever read of it" : " right after it")};
    }
    return {};
  }

  EdgeReason reason_wr(const CycleStep& step, const std::string& from, const std::string& to) const {
    for (Index mop = txns_.mop_begin(step.to); mop < txns_.mop_end(step.to); ++mop) {
      const KeyOrder& key = orders_.key_of(mop);
      const Index version = orders_.version(mop);
      if (txns_.is_write(mop) || key.conflicted || orders_.writer(key, version) != step.from) continue;
      const std::string name = key_name(txns_.key(mop));
      return {name, from + " appended " + show(history_, orders_.element(key, version - 1)) + " to " + name +
                        ", and " + to + " read " + name + " as " + read_text(mop)};
    }
    return {};
  }

  EdgeReason reason_rw(const CycleStep& step, const std::string& from, const std::string& to) const {
    for (Index mop = txns_.mop_begin(step.from); mop < txns_.mop_end(step.from); ++mop) {
      const KeyOrder& key = orders_.key_of(mop);
      const Index seen = orders_.version(mop);
      if (txns_.is_write(mop) || key.conflicted || seen == kUnread) continue;
      for (Index append = txns_.mop_begin(step.to); append < txns_.mop_end(step.to); ++append) {
        if (!txns_.is_write(append) || txns_.key(append) != txns_.key(mop)) continue;
        const Index made = orders_.version(append);
        if (made == kUnread ? seen != key.size : seen + 1 != made) continue;
        const std::string name = key_name(txns_.key(mop));
        return {name, from + " read " + name + " as " + read_text(mop) + ", without " + to + "'s append of " +
                          show(history_, txns_.value[append])};
      }
    }
    return {};
  }

  std::string key_name(Index key_id) const { return show(history_, txns_.keys[key_id]); }
  std::string read_text(Index mop) const {
    return txns_.value[mop].is_nil() ? "[]" : show(history_, txns_.value[mop]);
  }

  const History& history_;
  TxnBudget& budget_;
  ListOrders orders_;
  const TxnColumns& txns_;
  std::vector<KeyTouch> touches_ = std::vector<KeyTouch>(orders_.keys().size());
  std::vector<Index> first_taint_ = std::vector<Index>(orders_.keys().size(), kNoIndex);
  std::vector<bool> incompatible_ = std::vector<bool>(orders_.keys().size(), false);
  // By key and version: who first read it and then appended.
  std::vector<Index> first_update_ =
      std::vector<Index>(orders_.positions() + orders_.keys().size(), kNoIndex);
  std::unordered_map<std::size_t, Updaters> lost_updates_;  // by the same
  std::vector<KeyedTxn> unread_appends_;
  std::vector<KeyedTxn> last_readers_;
  TxnFindings findings_;
};

ListAppend::ListAppend(const History& history, TxnBudget& budget)
    : impl_(std::make_unique<Impl>(history, budget)) {}
ListAppend::~ListAppend() = default;

TxnFindings ListAppend::analyze(const TxnRequest& request) {
  return impl_->analyze(request);
}

}  // namespace harness

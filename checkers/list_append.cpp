#include "checkers/list_append.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <unordered_map>

namespace harness {
namespace {

constexpr Index kIntermediate = 0x80000000;  // in an order entry: its transaction appended to the key again
constexpr Index kNobody = 0x7fffffff;        // in an order entry: no transaction appended this element
constexpr Index kUnread = kNone;             // a version that is not in the key's order

/// The versions of one key. Version v is the list of the first v elements of the order; version 0 is empty.
struct KeyOrder {
  Value longest;  // the longest list read
  Index longest_size = 0;
  Index longest_mop = kNone;
  Index begin = 0;        // of this key's part of the orders
  Index size = 0;         // smaller than longest_size when the longest read repeats an element
  std::size_t table = 0;  // of this key's part of the table of elements
  Index mask = 0;
  Index first_taint = kNone;  // the first position whose element no committed transaction appended
  Index unread = 0;           // appends that no read shows and that may have happened
  bool repeats = false;
  bool conflicted = false;  // an element was appended twice: its versions cannot be told apart
  bool incompatible = false;
};

/// Where the current transaction first and last touched a key.
struct KeyTouch {
  Index txn = kNone;
  Index first_mop = 0;
  Index last_append = kNone;
};

struct KeyedTxn {
  Index key;
  Index txn;
};

std::size_t element_hash(Value element) {
  return (element.bits() >> 3) * 0x9e3779b1u ^ element.bits() >> 32;
}

}  // namespace

class ListAppend::Impl {
 public:
  explicit Impl(const History& history) : history_(history), txns_(extract_transactions(history, "append")) {}

  TxnFindings analyze(const TxnRequest& request) {
    find_longest_reads();
    build_orders();
    locate_versions();
    judge_irregular_reads();
    judge_orders();
    report_lost_updates();
    GraphBuilder graph(txns_.size());
    judge_and_link(graph);
    link_unread_appends(graph);
    if (request.process_order) graph.add_process_order(history_);
    if (request.realtime_order) graph.add_realtime_order(history_);
    findings_.graph = graph.build();
    findings_.reason = [this](const CycleStep& step, const std::string& from, const std::string& to) {
      return reason(step, from, to);
    };
    return std::move(findings_);
  }

 private:
  // --- the order of versions ---

  void find_longest_reads() {
    keys_.resize(txns_.keys.size());
    for (Index mop = 0; mop < txns_.value.size(); ++mop) {
      if (txns_.is_write(mop)) continue;
      KeyOrder& key = keys_[txns_.key(mop)];
      const auto size = static_cast<Index>(list_of(history_, txns_.value[mop]).size());
      if (size <= key.longest_size) continue;
      key.longest_size = size;
      key.longest = txns_.value[mop];
      key.longest_mop = mop;
    }
  }

  void build_orders() {
    std::size_t elements = 0, slots = 0;
    for (KeyOrder& key : keys_) {
      Index capacity = 4;
      while (capacity < key.longest_size * 2) capacity *= 2;
      key.mask = capacity - 1;
      key.table = slots;
      slots += capacity;
      elements += key.longest_size;
    }
    table_.assign(slots, 0);
    order_value_.reserve(elements);
    for (KeyOrder& key : keys_) {
      key.begin = static_cast<Index>(order_value_.size());
      for (Value element : list_of(history_, key.longest)) {
        Index& slot = slot_of(key, element);
        if (slot != 0) {
          key.repeats = true;
          continue;
        }
        order_value_.push_back(element);
        slot = ++key.size;
      }
    }
    order_txn_.assign(order_value_.size(), kNobody);
    first_update_.assign(order_value_.size() + keys_.size(), kNone);
  }

  /// Holds the element's position + 1, or 0.
  Index& slot_of(const KeyOrder& key, Value element) {
    Index at = static_cast<Index>(element_hash(element)) & key.mask;
    while (table_[key.table + at] != 0 && order_value_[key.begin + table_[key.table + at] - 1] != element)
      at = (at + 1) & key.mask;
    return table_[key.table + at];
  }

  // --- one pass over the transactions: versions, and what a transaction shows by itself ---

  void locate_versions() {
    version_.resize(txns_.value.size());
    touches_.resize(keys_.size());
    for (Index txn = 0; txn < txns_.size(); ++txn) {
      bool internal_reported = false, future_reported = false;
      for (Index mop = txns_.mop_begin(txn); mop < txns_.mop_end(txn); ++mop) {
        const Index key_id = txns_.key(mop);
        KeyOrder& key = keys_[key_id];
        KeyTouch& touch = touches_[key_id];
        const bool touched = touch.txn == txn;
        if (!touched) touch = {txn, mop, kNone};
        if (txns_.is_write(mop)) {
          locate_append(key, key_id, txn, mop);
          if (touched && !future_reported) future_reported = judge_future_read(txn, mop, key_id);
          if (touched && touch.last_append == kNone && txns_.is_ok(txn))
            note_update(key_id, txn, touch.first_mop);
          if (touch.last_append != kNone) mark_intermediate(key, touch.last_append);
          touch.last_append = mop;
        } else {
          locate_read(key, txn, mop);
          if (touched && !internal_reported) internal_reported = judge_internal(txn, mop, key_id);
        }
      }
    }
  }

  void locate_append(KeyOrder& key, Index key_id, Index txn, Index mop) {
    const Index slot = slot_of(key, txns_.value[mop]);
    if (slot == 0) {
      version_[mop] = kUnread;
      if (txns_.is_possible(txn)) ++key.unread;
      return;
    }
    version_[mop] = slot;
    Index& writer = order_txn_[key.begin + slot - 1];
    if (writer != kNobody) {
      if (!key.conflicted)
        findings_.doubts.push_back(
            "duplicate-appends: " + show(history_, txns_.value[mop]) + " was appended to " +
            key_name(key_id) + " by more than one micro-operation (" +
            show_transaction(history_, op(writer & ~kIntermediate)) + "; " +
            show_transaction(history_, op(txn)) + "), so the versions of this key cannot be told apart");
      key.conflicted = true;
    }
    writer = txn;
  }

  void mark_intermediate(const KeyOrder& key, Index append) {
    if (version_[append] != kUnread) order_txn_[key.begin + version_[append] - 1] |= kIntermediate;
  }

  void locate_read(const KeyOrder& key, Index txn, Index mop) {
    const Value read = txns_.value[mop];
    const std::span<const Value> list = list_of(history_, read);
    const auto size = static_cast<Index>(list.size());
    version_[mop] = size;
    if (read == key.longest && !key.repeats) return;
    const Value* order = order_value_.data() + key.begin;
    if (size <= key.size && (size == 0 || std::memcmp(order, list.data(), size * sizeof(Value)) == 0)) return;
    irregular_.push_back({mop, txn});
    const Index slot = slot_of(key, list.back());
    version_[mop] = slot == 0 ? kUnread : slot;
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

  /// A transaction read a version and then appended to it. Two that did so from the same version lost an
  /// update.
  void note_update(Index key_id, Index txn, Index first_read) {
    const KeyOrder& key = keys_[key_id];
    const Index version = version_[first_read];
    if (version == kUnread || version > key.size) return;
    const std::size_t at = std::size_t{key.begin} + key_id + version;
    Index& first = first_update_[at];
    if (first == kNone) {
      first = txn;
      return;
    }
    std::vector<Index>& colliding = lost_updates_[at];
    if (colliding.empty()) colliding = {key_id, first_read, first};
    colliding.push_back(txn);
  }

  void report_lost_updates() {
    std::vector<const std::vector<Index>*> cases;
    for (const auto& [at, colliding] : lost_updates_)
      if (!keys_[colliding[0]].conflicted) cases.push_back(&colliding);
    std::ranges::sort(cases, {}, [](const std::vector<Index>* colliding) { return (*colliding)[2]; });
    for (const std::vector<Index>* colliding : cases)
      findings_.log.add("lost-update", [&] {
        const std::vector<Index> involved(colliding->begin() + 2, colliding->end());
        const std::string name = key_name((*colliding)[0]);
        return anomaly_of(
            history_, involved, name,
            "All of these read " + name + " as " + read_text((*colliding)[1]) +
                " and went on to append to it: each but one overwrote an update it had not seen.");
      });
  }

  // --- reads that are no prefix of the longest read ---

  void judge_irregular_reads() {
    for (const auto& [mop, txn] : irregular_) {
      const Index key_id = txns_.key(mop);
      KeyOrder& key = keys_[key_id];
      if (key.conflicted) continue;
      const std::span<const Value> list = list_of(history_, txns_.value[mop]);
      judge_repeats(txn, mop, key_id, list);
      const std::span<const Value> longest = list_of(history_, key.longest);
      if (!key.incompatible && !std::equal(list.begin(), list.end(), longest.begin())) {
        key.incompatible = true;
        report_incompatible(txn, mop, key_id);
      }
      for (Value element : list) judge_origin(txn, mop, key_id, element);
      judge_last_element(txn, mop, key_id, list.back());
    }
  }

  void judge_repeats(Index txn, Index mop, Index key_id, std::span<const Value> list) {
    std::vector<Value> sorted(list.begin(), list.end());
    std::ranges::sort(sorted, {}, &Value::bits);
    const auto twice = std::ranges::adjacent_find(sorted);
    if (twice == sorted.end()) return;
    findings_.log.add("duplicate-elements", [&] {
      return anomaly_of(history_, {txn}, key_name(key_id),
                        "T1 read " + key_name(key_id) + " as " + read_text(mop) + ", where " +
                            show(history_, *twice) + " occurs " +
                            std::to_string(std::ranges::count(sorted, *twice)) +
                            " times, though it was appended once.");
    });
  }

  void report_incompatible(Index txn, Index mop, Index key_id) {
    const KeyOrder& key = keys_[key_id];
    findings_.log.add("incompatible-order", [&] {
      const std::string name = key_name(key_id);
      return anomaly_of(
          history_, {txn, txn_of(key.longest_mop)}, name,
          "T1 read " + name + " as " + read_text(mop) + " and T2 read it as " + read_text(key.longest_mop) +
              "; neither list begins with the other, so no single order of appends gives both.");
    });
  }

  /// An element read at any place must come from a committed (or unknown) transaction.
  void judge_origin(Index txn, Index mop, Index key_id, Value element) {
    const KeyOrder& key = keys_[key_id];
    Index writer = kNobody;
    if (const Index slot = slot_of(key, element); slot != 0) {
      writer = order_txn_[key.begin + slot - 1] & ~kIntermediate;
    } else if (const Index append = append_of(key_id, element); append != kNone) {
      writer = txn_of(append);
    }
    report_origin(txn, mop, key_id, element, writer);
  }

  void report_origin(Index txn, Index mop, Index key_id, Value element, Index writer) {
    const std::string name = key_name(key_id);
    if (writer == kNobody) {
      findings_.log.add("garbage-read", [&] {
        return anomaly_of(history_, {txn}, name,
                          "T1 read " + name + " as " + read_text(mop) +
                              ", but no transaction ever appended " + show(history_, element) + " to " +
                              name + ".");
      });
    } else if (!txns_.is_possible(writer)) {
      findings_.log.add("G1a", [&] {
        return anomaly_of(history_, {writer, txn}, name,
                          "T1 appended " + show(history_, element) + " to " + name +
                              " and failed, yet T2 read " + name + " as " + read_text(mop) + ".");
      });
    }
  }

  /// G1b of an irregular read whose last element is in no order.
  void judge_last_element(Index txn, Index mop, Index key_id, Value last) {
    if (version_[mop] != kUnread) return;  // judged with the regular reads
    const Index append = append_of(key_id, last);
    if (append == kNone) return;
    const Index writer = txn_of(append);
    for (Index later = append + 1; later < txns_.mop_end(writer); ++later)
      if (txns_.is_write(later) && txns_.key(later) == key_id && writer != txn)
        return report_intermediate(txn, mop, key_id, writer, last);
  }

  void report_intermediate(Index txn, Index mop, Index key_id, Index writer, Value element) {
    findings_.log.add("G1b", [&] {
      const std::string name = key_name(key_id);
      return anomaly_of(history_, {writer, txn}, name,
                        "T2 read " + name + " as " + read_text(mop) + ", which ends in T1's append of " +
                            show(history_, element) + "; but T1 appended to " + name +
                            " again, so T2 saw a state from the middle of T1.");
    });
  }

  /// The append of an element that no order holds. Rarely asked, so the index is made on first use.
  Index append_of(Index key_id, Value element) {
    if (other_appends_.empty())
      for (Index mop = 0; mop < txns_.value.size(); ++mop)
        if (txns_.is_write(mop) && version_[mop] == kUnread)
          other_appends_.emplace(txns_.value[mop].bits(), mop);
    const auto [from, to] = other_appends_.equal_range(element.bits());
    for (auto at = from; at != to; ++at)
      if (txns_.key(at->second) == key_id) return at->second;
    return kNone;
  }

  // --- orders with elements of aborted transactions ---

  void judge_orders() {
    for (Index key_id = 0; key_id < keys_.size(); ++key_id) {
      KeyOrder& key = keys_[key_id];
      if (key.conflicted) continue;
      Index aborted = kNone;  // the latest failed transaction that no committed one has followed yet
      for (Index position = 0; position < key.size; ++position) {
        const Index writer = order_txn_[key.begin + position] & ~kIntermediate;
        if (writer == kNobody || !txns_.is_possible(writer)) {
          key.first_taint = std::min(key.first_taint, position);
          if (writer != kNobody && aborted == kNone) aborted = writer;
        } else if (aborted != kNone && txns_.is_ok(writer)) {
          report_dirty_update(key_id, aborted, writer, position);
          aborted = kNone;
        }
      }
    }
  }

  void report_dirty_update(Index key_id, Index aborted, Index writer, Index position) {
    findings_.log.add("dirty-update", [&] {
      const std::string name = key_name(key_id);
      return anomaly_of(history_, {aborted, writer}, name,
                        "T1 appended to " + name + " and failed, yet the committed T2 appended " +
                            show(history_, order_value_[keys_[key_id].begin + position]) + " to " + name +
                            " on top of it.");
    });
  }

  // --- dependencies ---

  /// The transaction that made a version, if it may have committed; kNone for the initial one and for taints.
  Index writer_of(const KeyOrder& key, Index version) const {
    if (version == 0 || version == kUnread) return kNone;
    const Index writer = order_txn_[key.begin + version - 1] & ~kIntermediate;
    return writer == kNobody || !txns_.is_possible(writer) ? kNone : writer;
  }

  void judge_and_link(GraphBuilder& graph) {
    for (Index txn = 0; txn < txns_.size(); ++txn) {
      if (!txns_.is_possible(txn)) continue;
      for (Index mop = txns_.mop_begin(txn); mop < txns_.mop_end(txn); ++mop) {
        const Index key_id = txns_.key(mop);
        const KeyOrder& key = keys_[key_id];
        if (key.conflicted) continue;
        if (txns_.is_write(mop))
          link_append(graph, key, key_id, txn, mop);
        else
          judge_and_link_read(graph, key, key_id, txn, mop);
      }
    }
  }

  void link_append(GraphBuilder& graph, const KeyOrder& key, Index key_id, Index txn, Index mop) {
    const Index version = version_[mop];
    // An append that nobody saw came after all that somebody did.
    const Index previous = version == kUnread ? key.size : version - 1;
    if (const Index writer = writer_of(key, previous); writer != kNone) graph.add(writer, txn, EdgeType::kWw);
    if (version == kUnread) unread_appends_.push_back({key_id, txn});
  }

  void judge_and_link_read(GraphBuilder& graph, const KeyOrder& key, Index key_id, Index txn, Index mop) {
    const Index version = version_[mop];
    if (version == kUnread) return;
    if (version > key.first_taint) judge_taints(key, key_id, txn, mop);
    if (version > 0) {
      const Index entry = order_txn_[key.begin + version - 1];
      if ((entry & kIntermediate) != 0 && (entry & ~kIntermediate) != txn)
        report_intermediate(txn, mop, key_id, entry & ~kIntermediate, order_value_[key.begin + version - 1]);
      if (const Index writer = writer_of(key, version); writer != kNone)
        graph.add(writer, txn, EdgeType::kWr);
    }
    if (version < key.size) {
      if (const Index next = writer_of(key, version + 1); next != kNone) graph.add(txn, next, EdgeType::kRw);
    } else if (key.unread > 0) {
      last_readers_.push_back({key_id, txn});
    }
  }

  /// A read that is a prefix of the order, and reaches an element that no committed transaction appended.
  void judge_taints(const KeyOrder& key, Index key_id, Index txn, Index mop) {
    const auto size = static_cast<Index>(list_of(history_, txns_.value[mop]).size());
    if (size != version_[mop]) return;  // irregular, judged already
    for (Index position = key.first_taint; position < version_[mop]; ++position)
      report_origin(txn, mop, key_id, order_value_[key.begin + position],
                    order_txn_[key.begin + position] & ~kIntermediate);
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
      const KeyOrder& key = keys_[txns_.key(mop)];
      if (!txns_.is_write(mop) || key.conflicted) continue;
      const bool unread = version_[mop] == kUnread;
      const Index previous = unread ? key.size : version_[mop] - 1;
      if (writer_of(key, previous) != step.from) continue;
      const std::string name = key_name(txns_.key(mop));
      return {name, from + " appended " + show(history_, order_value_[key.begin + previous - 1]) + " to " +
                        name + ", and " + to + " appended " + show(history_, txns_.value[mop]) +
                        (unread ? " after all that was ever read of it" : " right after it")};
    }
    return {};
  }

  EdgeReason reason_wr(const CycleStep& step, const std::string& from, const std::string& to) const {
    for (Index mop = txns_.mop_begin(step.to); mop < txns_.mop_end(step.to); ++mop) {
      const KeyOrder& key = keys_[txns_.key(mop)];
      if (txns_.is_write(mop) || key.conflicted || writer_of(key, version_[mop]) != step.from) continue;
      const std::string name = key_name(txns_.key(mop));
      return {name, from + " appended " + show(history_, order_value_[key.begin + version_[mop] - 1]) +
                        " to " + name + ", and " + to + " read " + name + " as " + read_text(mop)};
    }
    return {};
  }

  EdgeReason reason_rw(const CycleStep& step, const std::string& from, const std::string& to) const {
    for (Index mop = txns_.mop_begin(step.from); mop < txns_.mop_end(step.from); ++mop) {
      const Index key_id = txns_.key(mop);
      const KeyOrder& key = keys_[key_id];
      if (txns_.is_write(mop) || key.conflicted || version_[mop] == kUnread) continue;
      for (Index append = txns_.mop_begin(step.to); append < txns_.mop_end(step.to); ++append) {
        if (!txns_.is_write(append) || txns_.key(append) != key_id) continue;
        const bool next =
            version_[append] == kUnread ? version_[mop] == key.size : version_[append] == version_[mop] + 1;
        if (!next) continue;
        const std::string name = key_name(key_id);
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
  const Operation& op(Index txn) const { return history_.operations[txn]; }
  Index txn_of(Index mop) const {
    const auto after = std::ranges::upper_bound(txns_.first_mop, mop);
    return static_cast<Index>(after - txns_.first_mop.begin() - 1);
  }

  const History& history_;
  TxnColumns txns_;
  std::vector<KeyOrder> keys_;
  std::vector<Index> table_;        // by key: its elements' positions + 1, open addressing
  std::vector<Value> order_value_;  // by key and position: the element
  std::vector<Index> order_txn_;    // by key and position: who appended it, with kIntermediate
  std::vector<Index> version_;      // by micro-operation: the version that it made or saw
  std::vector<KeyTouch> touches_;
  std::vector<Index> first_update_;  // by key and version: who first read it and then appended
  std::unordered_map<std::size_t, std::vector<Index>> lost_updates_;  // key, a read of it, the transactions
  std::vector<std::pair<Index, Index>> irregular_;                    // micro-operation, transaction
  std::unordered_multimap<std::uint64_t, Index> other_appends_;
  std::vector<KeyedTxn> unread_appends_;
  std::vector<KeyedTxn> last_readers_;
  TxnFindings findings_;
};

ListAppend::ListAppend(const History& history) : impl_(std::make_unique<Impl>(history)) {}
ListAppend::~ListAppend() = default;

TxnFindings ListAppend::analyze(const TxnRequest& request) {
  return impl_->analyze(request);
}

}  // namespace harness

// The order of the versions of each list, from what list-append transactions read: the longest read of a key
// shows nearly all of its appends in their order.
#pragma once

#include <optional>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "checkers/transactions/txn_columns.h"
#include "harness/core/history.h"

namespace harness {

/// The versions of one key. Version v is the list of the first v elements of the order; version 0 is empty.
struct KeyOrder {
  Value longest;  // the longest list read
  Index longest_size = 0;
  Index longest_mop = kNoIndex;
  Index begin = 0;        // of this key's part of the orders
  Index size = 0;         // smaller than longest_size when the longest read repeats an element
  std::size_t table = 0;  // of this key's part of the table of elements
  Index mask = 0;
  Index unread = 0;  // appends that no version holds and that may have happened
  bool repeats = false;
  bool conflicted = false;  // an element was appended twice: its versions cannot be told apart
};

/// A micro-operation and its transaction.
struct PlacedMop {
  Index mop;
  Index txn;
};

/// One element that two micro-operations appended.
struct DoubleAppend {
  Index key;
  Value element;
  Index first_txn;
  Index second_txn;
};

class ListOrders {
 public:
  static constexpr Index kUnread = kNoIndex;  // a version that is not in the key's order

  /// Throws UsageError (txn_columns.h). REQUIRES: the history outlives this.
  ListOrders(const History& history, TxnBudget& budget);

  const TxnColumns& txns() const { return txns_; }
  const std::vector<KeyOrder>& keys() const { return keys_; }
  const KeyOrder& key_of(Index mop) const { return keys_[txns_.key(mop)]; }
  /// All positions of all keys: where one number stands for a key and a version.
  std::size_t positions() const { return order_value_.size(); }

  /// The version that an append made, or that a read saw (by its last element); kUnread when the order lacks
  /// it.
  Index version(Index mop) const { return version_[mop]; }
  Value element(const KeyOrder& key, Index position) const { return order_value_[key.begin + position]; }
  /// Who appended the element, failed transactions too; kNoIndex: nobody.
  Index appender(const KeyOrder& key, Index position) const {
    const Index entry = order_txn_[key.begin + position];
    return entry == kNobody ? kNoIndex : entry & ~kIntermediate;
  }
  /// Its transaction appended to the key again.
  bool is_intermediate(const KeyOrder& key, Index position) const {
    const Index entry = order_txn_[key.begin + position];
    return entry != kNobody && (entry & kIntermediate) != 0;
  }
  /// Who made this version, if that may have committed; kNoIndex otherwise and for the empty one.
  Index writer(const KeyOrder& key, Index version) const {
    if (version == 0 || version == kUnread) return kNoIndex;
    const Index txn = appender(key, version - 1);
    return txn != kNoIndex && txns_.is_possible(txn) ? txn : kNoIndex;
  }

  /// Reads that are no prefix of their key's order.
  const std::vector<PlacedMop>& irregular() const { return irregular_; }
  /// The first of each conflicted key.
  const std::vector<DoubleAppend>& double_appends() const { return double_appends_; }
  /// The append of this element to the key, in the order or not; kNoIndex: there is none.
  std::optional<PlacedMop> append_of(Index key, Value element) const;
  Index txn_of(Index mop) const;

 private:
  static constexpr Index kIntermediate = 0x80000000;
  static constexpr Index kNobody = 0xffffffff;

  void find_longest_reads();
  void build_orders(TxnBudget& budget);
  void locate(TxnBudget& budget);
  void locate_append(Index txn, Index mop);
  void locate_read(Index txn, Index mop);
  std::size_t slot_of(const KeyOrder& key, Value element) const;

  const History& history_;
  TxnColumns txns_;
  std::vector<KeyOrder> keys_;
  std::vector<Index> table_;        // by key: its elements' positions + 1, open addressing
  std::vector<Value> order_value_;  // by key and position: the element
  std::vector<Index> order_txn_;    // by key and position: who appended it, with kIntermediate
  std::vector<Index> version_;      // by micro-operation
  std::vector<PlacedMop> irregular_;
  std::vector<DoubleAppend> double_appends_;
  mutable std::unordered_multimap<std::uint64_t, Index> other_appends_;  // made on first use, which is rare
};

}  // namespace harness

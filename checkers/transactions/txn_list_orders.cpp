#include "checkers/transactions/txn_list_orders.h"

#include <algorithm>
#include <cstring>

namespace harness {
namespace {

/// The current transaction's latest append to a key.
struct LatestAppend {
  Index txn = kNoIndex;
  Index mop = 0;
};

Index element_hash(Value element) {
  return static_cast<Index>((element.bits() >> 3) * 0x9e3779b1U ^ element.bits() >> 32);
}

}  // namespace

ListOrders::ListOrders(const History& history, TxnBudget& budget)
    : history_(history), txns_(extract_transactions(history, "append", budget)) {
  find_longest_reads();
  build_orders(budget);
  locate(budget);
}

void ListOrders::find_longest_reads() {
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

void ListOrders::build_orders(TxnBudget& budget) {
  std::size_t elements = 0, slots = 0;
  for (KeyOrder& key : keys_) {
    Index capacity = 4;
    while (capacity < key.longest_size * 2) capacity *= 2;
    key.mask = capacity - 1;
    key.table = slots;
    slots += capacity;
    elements += key.longest_size;
  }
  budget.take(slots * sizeof(Index) + elements * (sizeof(Value) + sizeof(Index)));
  table_.assign(slots, 0);
  order_value_.reserve(elements);
  for (KeyOrder& key : keys_) {
    budget.poll();
    key.begin = static_cast<Index>(order_value_.size());
    for (Value element : list_of(history_, key.longest)) {
      Index& slot = table_[slot_of(key, element)];
      if (slot != 0) {
        key.repeats = true;
        continue;
      }
      order_value_.push_back(element);
      slot = ++key.size;
    }
  }
  order_txn_.assign(order_value_.size(), kNobody);
}

/// Of the table: holds the element's position + 1, or 0.
std::size_t ListOrders::slot_of(const KeyOrder& key, Value element) const {
  Index at = element_hash(element) & key.mask;
  while (table_[key.table + at] != 0 && order_value_[key.begin + table_[key.table + at] - 1] != element)
    at = (at + 1) & key.mask;
  return key.table + at;
}

void ListOrders::locate(TxnBudget& budget) {
  budget.take(txns_.value.size() * sizeof(Index));
  version_.resize(txns_.value.size());
  std::vector<LatestAppend> latest(keys_.size());
  for (Index txn = 0; txn < txns_.size(); ++txn) {
    budget.poll();
    for (Index mop = txns_.mop_begin(txn); mop < txns_.mop_end(txn); ++mop) {
      if (!txns_.is_write(mop)) {
        locate_read(txn, mop);
        continue;
      }
      locate_append(txn, mop);
      LatestAppend& before = latest[txns_.key(mop)];
      if (before.txn == txn && version_[before.mop] != kUnread)
        order_txn_[key_of(mop).begin + version_[before.mop] - 1] |= kIntermediate;
      before = {txn, mop};
    }
  }
}

void ListOrders::locate_append(Index txn, Index mop) {
  KeyOrder& key = keys_[txns_.key(mop)];
  const Index slot = table_[slot_of(key, txns_.value[mop])];
  if (slot == 0) {
    version_[mop] = kUnread;
    if (txns_.is_possible(txn)) ++key.unread;
    return;
  }
  version_[mop] = slot;
  Index& entry = order_txn_[key.begin + slot - 1];
  if (entry != kNobody && !key.conflicted) {
    key.conflicted = true;
    double_appends_.push_back({txns_.key(mop), txns_.value[mop], entry & ~kIntermediate, txn});
  }
  entry = txn;
}

void ListOrders::locate_read(Index txn, Index mop) {
  const KeyOrder& key = key_of(mop);
  const std::span<const Value> list = list_of(history_, txns_.value[mop]);
  const auto size = static_cast<Index>(list.size());
  version_[mop] = size;
  if (txns_.value[mop] == key.longest && !key.repeats) return;
  const Value* order = order_value_.data() + key.begin;
  if (size <= key.size && (size == 0 || std::memcmp(order, list.data(), size * sizeof(Value)) == 0)) return;
  irregular_.push_back({mop, txn});
  const Index slot = table_[slot_of(key, list.back())];
  version_[mop] = slot == 0 ? kUnread : slot;
}

std::optional<PlacedMop> ListOrders::append_of(Index key, Value element) const {
  if (other_appends_.empty())
    for (Index mop = 0; mop < txns_.value.size(); ++mop)
      if (txns_.is_write(mop)) other_appends_.emplace(txns_.value[mop].bits(), mop);
  const auto [from, to] = other_appends_.equal_range(element.bits());
  for (auto at = from; at != to; ++at)
    if (txns_.key(at->second) == key) return PlacedMop{at->second, txn_of(at->second)};
  return std::nullopt;
}

Index ListOrders::txn_of(Index mop) const {
  const auto after = std::ranges::upper_bound(txns_.first_mop, mop);
  return static_cast<Index>(after - txns_.first_mop.begin() - 1);
}

}  // namespace harness

// The transactions of a history, flat: what both transactional models read, extracted once.
//
// A transaction's number is the index of its operation in History::operations, so transactions are in order
// of invocation. Only micro-operations that carry information are kept: writes always (a failed or unknown
// transaction's too: somebody may have read them), reads only of ok transactions.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "checkers/common/no_index.h"
#include "checkers/transactions/txn_budget.h"
#include "harness/core/history.h"

namespace harness {

/// Numbers of transactions, keys, micro-operations: all fit 29 bits, which the dependency graph needs.
using Index = std::uint32_t;
inline constexpr Index kMaxTransactions = 1U << 27;

/// Dense ids for values, in order of first use: an open-addressing table of 12 bytes a slot.
class ValueIds {
 public:
  ValueIds();
  Index id_of(Value value);
  /// kNoIndex when the value was never given an id.
  Index find(Value value) const;
  const std::vector<Value>& values() const { return values_; }

 private:
  std::size_t slot_of(Value value) const;
  void grow();
  std::vector<Index> slots_;  // id + 1; 0 is free
  std::vector<Value> values_;
};

struct TxnColumns {
  static constexpr Index kWriteBit = 0x80000000;

  std::vector<Outcome> outcome;     // by transaction
  std::vector<Index> first_mop;     // by transaction, and one past the last
  std::vector<Index> key_and_kind;  // by micro-operation
  std::vector<Value> value;         // by micro-operation: what was written, or what was read
  std::vector<Value> keys;          // by key id

  Index size() const { return static_cast<Index>(outcome.size()); }
  Index mop_begin(Index txn) const { return first_mop[txn]; }
  Index mop_end(Index txn) const { return first_mop[txn + 1]; }
  bool is_write(Index mop) const { return (key_and_kind[mop] & kWriteBit) != 0; }
  Index key(Index mop) const { return key_and_kind[mop] & ~kWriteBit; }
  bool is_ok(Index txn) const { return outcome[txn] == Outcome::kOk; }
  /// It took effect, or may have.
  bool is_possible(Index txn) const { return outcome[txn] != Outcome::kFail; }
};

/// Reads ["append", k, v] (write_name "append") or ["w", k, v] (write_name "w") and ["r", k, v]. Throws
/// TxnBudgetEnded, and OperationRefused for an operation that is no transaction or a micro-operation of
/// another shape.
TxnColumns extract_transactions(const History& history, std::string_view write_name, TxnBudget& budget);

/// A read's list; nil is the empty list. REQUIRES: a list or nil.
inline std::span<const Value> list_of(const History& history, Value value) {
  return value.is_nil() ? std::span<const Value>{} : history.values.as_list(value);
}

/// Texts bare, everything else as JSON: x, 7, [1,2].
std::string show(const History& history, Value value);

}  // namespace harness

#include "checkers/transactions/txn_columns.h"

#include <algorithm>

#include "checkers/common/findings.h"
#include "harness/core/check.h"

namespace harness {
namespace {

[[noreturn]] void refuse(const Operation& op, bool at_completion, const std::string& reason) {
  throw OperationRefused(at_completion ? op.complete_event : op.invoke_event, reason);
}

class Extractor {
 public:
  Extractor(const History& history, std::string_view write_name, TxnBudget& budget)
      : history_(history),
        write_name_(write_name),
        lists_are_read_(write_name == "append"),
        budget_(budget) {}

  TxnColumns run() {
    const std::size_t count = history_.operations.size();
    if (count > kMaxTransactions)
      throw UsageError("a history of more than 134,217,728 transactions is too long to check at once");
    budget_.take(count * (sizeof(Outcome) + sizeof(Index)));
    columns_.outcome.reserve(count);
    columns_.first_mop.reserve(count + 1);
    columns_.key_and_kind.reserve(count * 3);
    columns_.value.reserve(count * 3);
    columns_.first_mop.push_back(0);
    for (const Operation& op : history_.operations) {
      budget_.poll(columns_.value.capacity() * kBytesPerMop);
      add(op);
    }
    budget_.take(columns_.value.capacity() * kBytesPerMop);
    columns_.keys = keys_.values();
    return std::move(columns_);
  }

 private:
  static constexpr std::size_t kBytesPerMop = sizeof(Index) + sizeof(Value);

  void add(const Operation& op) {
    const bool ok = op.outcome == Outcome::kOk;
    if (op.function != Function::kTxn)
      refuse(op, false,
             "this model checks transactions (f \"txn\"), not '" + std::string(to_string(op.function)) + "'");
    const Value txn = ok ? op.result : op.argument;
    if (txn.kind() != Value::Kind::kList)
      refuse(op, ok, "a transaction is a list of micro-operations, not " + history_.values.to_json(txn));
    for (Value mop : history_.values.as_list(txn)) add(op, ok, mop);
    if (columns_.value.size() > TxnColumns::kWriteBit)
      throw UsageError("a history of more than 2^31 micro-operations is too long to check at once");
    columns_.outcome.push_back(op.outcome);
    columns_.first_mop.push_back(static_cast<Index>(columns_.value.size()));
  }

  void add(const Operation& op, bool ok, Value mop) {
    if (mop.kind() != Value::Kind::kList)
      refuse(op, ok, "a micro-operation is a list [f, key, value], not " + history_.values.to_json(mop));
    const std::span<const Value> parts = history_.values.as_list(mop);
    if (ok && parts.size() == 2 && tells_state(parts[0])) return;
    // Elle's examples leave out what a read is yet to see.
    if (!ok && parts.size() == 2 && !is_write(op, ok, parts[0])) return;
    if (parts.size() != 3)
      refuse(op, ok,
             "a micro-operation has three parts, f, key and value, not " + history_.values.to_json(mop));
    const bool write = is_write(op, ok, parts[0]);
    if (!write && !ok) return;  // what an unfinished or failed transaction read is not known
    if (write && parts[2].is_nil()) refuse(op, ok, "null cannot be written");
    if (!write && lists_are_read_ && !parts[2].is_nil() && parts[2].kind() != Value::Kind::kList)
      refuse(op, ok, "a list-append read returns a list or null, not " + history_.values.to_json(parts[2]));
    columns_.key_and_kind.push_back(keys_.id_of(parts[1]) | (write ? TxnColumns::kWriteBit : 0));
    columns_.value.push_back(parts[2]);
  }

  /// ["state", n] is no micro-operation: the workload wr tells so which state it saw.
  bool tells_state(Value name) {
    if (name == state_value_) return true;
    if (name.kind() != Value::Kind::kText || history_.values.as_text(name) != "state") return false;
    state_value_ = name;
    return true;
  }

  /// Values are interned, so each name is compared as text once.
  bool is_write(const Operation& op, bool ok, Value name) {
    if (name == write_value_) return true;
    if (name == read_value_) return false;
    if (name.kind() == Value::Kind::kText) {
      std::string_view text = history_.values.as_text(name);
      if (text.starts_with(':')) text.remove_prefix(1);  // an EDN keyword
      if (text == write_name_) return write_value_ = name, true;
      if (text == "r") return read_value_ = name, false;
    }
    refuse(op, ok,
           "a micro-operation of this model is \"" + std::string(write_name_) + "\" or \"r\", not " +
               history_.values.to_json(name));
  }

  const History& history_;
  std::string_view write_name_;
  bool lists_are_read_;
  TxnBudget& budget_;
  Value write_value_;  // nil until seen
  Value state_value_;
  Value read_value_;
  ValueIds keys_;
  TxnColumns columns_;
};

}  // namespace

ValueIds::ValueIds() : slots_(64, 0) {}

std::size_t ValueIds::slot_of(Value value) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = (value.bits() * 0x9e3779b97f4a7c15ULL) >> 32 & mask;
  while (slots_[slot] != 0 && values_[slots_[slot] - 1] != value) slot = (slot + 1) & mask;
  return slot;
}

Index ValueIds::id_of(Value value) {
  const std::size_t slot = slot_of(value);
  if (slots_[slot] != 0) return slots_[slot] - 1;
  values_.push_back(value);
  slots_[slot] = static_cast<Index>(values_.size());
  if (values_.size() * 2 > slots_.size()) grow();
  return static_cast<Index>(values_.size() - 1);
}

Index ValueIds::find(Value value) const {
  const std::size_t slot = slot_of(value);
  return slots_[slot] == 0 ? kNoIndex : slots_[slot] - 1;
}

void ValueIds::grow() {
  std::fill(slots_.begin(), slots_.end(), 0);
  slots_.resize(slots_.size() * 2, 0);
  for (std::size_t i = 0; i < values_.size(); ++i) slots_[slot_of(values_[i])] = static_cast<Index>(i + 1);
}

TxnColumns extract_transactions(const History& history, std::string_view write_name, TxnBudget& budget) {
  return Extractor(history, write_name, budget).run();
}

std::string show(const History& history, Value value) {
  if (value.kind() == Value::Kind::kText) return std::string(history.values.as_text(value));
  return history.values.to_json(value);
}

}  // namespace harness

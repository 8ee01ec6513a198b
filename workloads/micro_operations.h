// The micro-operations of transactions over named things of one slot: ["r", name, nil] reads, and one other
// word ("append", "w") changes. What the workloads append and wr have in common.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "harness/run/workload.h"

namespace harness {

/// One of them as its command needs it.
struct MicroOperation {
  std::string name;
  std::string value;  // empty: a read

  bool reads() const { return value.empty(); }
};

class MicroOperations {
 public:
  MicroOperations(Recorder& recorder, std::string_view change)
      : recorder_(recorder), read_(recorder.text("r")), change_(recorder.text(std::string(change))) {}

  /// The value that stands for the name in the history.
  Value name(const std::string& text) {
    const Value name = recorder_.text(text);
    texts_.emplace(name.bits(), text);
    return name;
  }
  Value read(Value name) const { return micro(read_, name, Value{}); }
  Value change(Value name, Value value) const { return micro(change_, name, value); }
  /// Of the parts of one, as the recorder takes it apart.
  bool changes(const std::vector<Value>& parts) const { return parts[0] == change_; }

  Operation transaction(std::uint32_t key, std::span<const Value> micros) const {
    Operation op;
    op.function = Function::kTxn;
    op.key = key;
    op.argument = recorder_.list(micros);
    return op;
  }

  /// Those of a transaction, in its order.
  std::vector<MicroOperation> of(const Operation& transaction) const {
    std::vector<MicroOperation> micros;
    for (const Value micro : recorder_.elements(transaction.argument)) {
      const std::vector<Value> parts = recorder_.elements(micro);
      micros.push_back({texts_.at(parts[1].bits()),
                        changes(parts) ? std::to_string(parts[2].as_integer()) : std::string()});
    }
    return micros;
  }

 private:
  Value micro(Value word, Value name, Value value) const {
    const Value parts[] = {word, name, value};
    return recorder_.list(parts);
  }

  Recorder& recorder_;
  Value read_;
  Value change_;
  std::unordered_map<std::uint64_t, std::string> texts_;  // by the bits of the names
};

}  // namespace harness

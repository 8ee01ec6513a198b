#include "harness/core/export.h"

#include <algorithm>
#include <vector>

#include "harness/core/jsonl.h"

namespace harness {

namespace {

/// Transactions without the ["state", n] at their end, which Elle does not know.
History without_states(const History& history) {
  History plain = history;
  for (Operation& op : plain.operations) {
    if (op.function != Function::kTxn || op.result.kind() != Value::Kind::kList) continue;
    const auto parts = history.values.as_list(op.result);
    std::vector<Value> micros(parts.begin(), parts.end());
    if (micros.empty() || micros.back().kind() != Value::Kind::kList) continue;
    const auto last = history.values.as_list(micros.back());
    if (last.size() != 2 || last[0].kind() != Value::Kind::kText ||
        history.values.as_text(last[0]) != "state")
      continue;
    micros.pop_back();
    op.result = plain.values.list(micros);
  }
  return plain;
}

}  // namespace

std::string write_elle(const History& history) {
  // The same objects as JSON Lines, with commas between them.
  const std::string lines = write_jsonl(without_states(history));
  std::string out = "[";
  out.reserve(lines.size() + history.events + 4);
  for (std::size_t begin = 0; begin < lines.size();) {
    const std::size_t end = std::min(lines.find('\n', begin), lines.size());
    if (begin > 0) out += ",\n";
    out.append(lines, begin, end - begin);
    begin = end + 1;
  }
  return out + "\n]\n";
}

std::string write_porcupine(const History& history) {
  Nanos end = 0;
  std::vector<std::vector<const Operation*>> by_key(history.keys.size() + 1);
  for (const Operation& op : history.operations) {
    end = std::max({end, op.invoked, op.completed == kNever ? 0 : op.completed});
    by_key[op.key == kNoKey ? history.keys.size() : op.key].push_back(&op);
  }
  std::string out = "{\"Partitions\":[";
  bool first_key = true;
  for (const auto& operations : by_key) {
    if (operations.empty()) continue;
    out += first_key ? "\n" : ",\n";
    first_key = false;
    out += "{\"Key\":";
    append_json_string(out, history.key_text(*operations.front()));
    out += ",\"History\":[";
    bool first = true;
    for (const Operation* op : operations) {
      out += first ? "\n" : ",\n";
      first = false;
      const Nanos until = op->deadline() == kNever ? end : op->completed;
      out += "{\"ClientId\":" + std::to_string(op->process) + ",\"Start\":" + std::to_string(op->invoked) +
             ",\"End\":" + std::to_string(until) + ",\"Description\":";
      append_json_string(out, history.describe(*op));
      out += "}";
    }
    out += "]}";
  }
  return out + "]}\n";
}

}  // namespace harness

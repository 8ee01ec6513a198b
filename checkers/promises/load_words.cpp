#include "checkers/promises/load_words.h"

#include "harness/core/anomaly_kind.h"

namespace harness {

std::string describe(const RunRecord& run, std::uint32_t id) {
  return run.history.describe(run.history.operations[id]);
}

Anomaly anomaly_of(const RunRecord& run, AnomalyKind type, std::string text,
                   const std::vector<std::uint32_t>& operations) {
  Anomaly anomaly;
  anomaly.type = type.text();
  const Operation& last = run.history.operations[operations.back()];
  anomaly.key = std::string(run.history.key_text(last));
  anomaly.explanation = std::move(text);
  for (const std::uint32_t id : operations)
    anomaly.operations.push_back(run.history.operations[id].invoke_event);
  anomaly.time = last.completed == kNever ? last.invoked : last.completed;
  anomaly.node = std::string(run.history.node_text(last));
  return anomaly;
}

std::map<std::uint32_t, std::vector<std::uint32_t>> by_key(const RunRecord& run,
                                                           const std::vector<std::uint32_t>& operations) {
  std::map<std::uint32_t, std::vector<std::uint32_t>> keys;
  for (const std::uint32_t id : operations)
    if (run.history.operations[id].key != kNoKey) keys[run.history.operations[id].key].push_back(id);
  return keys;
}

std::int64_t integer_at(const History& history, Value list, std::size_t i, std::int64_t otherwise) {
  if (list.kind() != Value::Kind::kList) return otherwise;
  const auto parts = history.values.as_list(list);
  return i < parts.size() && parts[i].is_integer() ? parts[i].as_integer() : otherwise;
}

}  // namespace harness

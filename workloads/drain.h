// The final phase of queues: each is drained by one worker, until it has said that it is empty.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "workloads/keys.h"

namespace harness {

class Drain {
 public:
  /// `once`: more queues, of this share alone.
  Drain(const KeySet& queues, const OnceKeys& once) : queues_(queues), once_(once), drained_(queues.size()) {}

  /// What this worker takes next; nothing when its queues are empty.
  std::optional<Operation> next_dequeue(const FinalTurn& turn) {
    const auto queue = next(turn);
    if (!queue) return std::nullopt;
    Operation op;
    op.function = Function::kDequeue;
    op.key = *queue;
    return op;
  }

  const std::string& name(const Operation& op) const {
    return queues_.has(op.key) ? queues_.text(op.key) : once_.text(op.key);
  }

 private:
  std::optional<std::uint32_t> next(const FinalTurn& turn) {
    const bool emptied = turn.last && turn.last->outcome == Outcome::kOk && turn.last->result.is_nil();
    for (std::size_t queue = turn.worker; queue < queues_.size(); queue += turn.workers) {
      if (drained_[queue]) continue;
      if (!emptied || turn.last->key != queues_.number(queue)) return queues_.number(queue);
      drained_[queue] = true;
    }
    const bool of_once = turn.last && once_.has(turn.last->key) && !queues_.has(turn.last->key);
    if (of_once && !emptied) return turn.last->key;
    if (next_once_ < once_.size()) return once_.number(next_once_++);
    return std::nullopt;
  }

  const KeySet& queues_;
  const OnceKeys& once_;
  std::vector<bool> drained_;
  std::size_t next_once_ = 0;
};

}  // namespace harness

// Operations that wait for others by their nature: how long they took says nothing of the server's pace.
#pragma once

#include "harness/core/history.h"

namespace harness {

/// A subscriber's wait for messages, and a take or a read that blocks (its argument is for how long).
inline bool waits_for_others(const Operation& op) {
  switch (op.function) {
    case Function::kReceive:
    case Function::kOther:
      return true;
    case Function::kDequeue:
    case Function::kRead:
      return op.argument.is_integer();
    default:
      return false;
  }
}

}  // namespace harness

// Objects whose answers reveal the order of what happened (sets with full reads, counters that return their
// value): the history is linearizable iff no operation returned before one of an earlier group was invoked.
// One running maximum of the invocations along the order decides it, in O(n).
#pragma once

#include <cstdint>
#include <vector>

#include "checkers/common/findings.h"

namespace harness {

/// REQUIRES: groups are fed in their order; operations of one group are not ordered among each other.
class OrderedGroups {
 public:
  /// `invoked`, `deadline` of an operation of the current group. `tell(earlier)` is called when `operation`
  /// returned before `earlier`, of an earlier group, was invoked.
  template <typename Tell>
  void add(std::uint32_t operation, Nanos invoked, Nanos deadline, Tell tell) {
    if (deadline < latest_) tell(latest_operation_);
    if (invoked > group_latest_) {
      group_latest_ = invoked;
      group_operation_ = operation;
    }
  }
  void end_group() {
    if (group_latest_ > latest_) {
      latest_ = group_latest_;
      latest_operation_ = group_operation_;
    }
  }

 private:
  Nanos latest_ = -1;
  Nanos group_latest_ = -1;
  std::uint32_t latest_operation_ = 0;
  std::uint32_t group_operation_ = 0;
};

}  // namespace harness

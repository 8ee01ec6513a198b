// The budget of a transactional model: its memory (an estimate of what its columns, orders and edges take,
// told as they are made) and the signal to stop. The analysis ends by an exception, caught where it began,
// with what was found until then.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "checkers/common/budget.h"

namespace harness {

/// Why the analysis ended, and how to raise the budget.
struct TxnBudgetEnded {
  std::string why;
};

class TxnBudget {
 public:
  explicit TxnBudget(const Budget& budget) : limit_(budget.memory_bytes), cancelled_(budget.cancelled) {}

  /// Before so many bytes are taken, for as long as the analysis lasts. Throws TxnBudgetEnded.
  void take(std::size_t bytes) {
    taken_ += bytes;
    if (limit_ == 0 || taken_ <= limit_) return;
    throw TxnBudgetEnded{"the check would take more than the " + std::to_string(limit_) +
                         " bytes that it may; raise that with --memory-limit"};
  }
  /// To be called for each transaction; cheap. `growing`: bytes of what is still being filled. Throws
  /// TxnBudgetEnded.
  void poll(std::size_t growing = 0) {
    if ((++asked_ & 0xfff) != 0) return;
    if (cancelled_ != nullptr && cancelled_())
      throw TxnBudgetEnded{"the check was stopped before its end; --time-limit says when"};
    if (limit_ == 0 || taken_ + growing <= limit_) return;
    take(growing);
  }

 private:
  std::uint64_t limit_;
  bool (*cancelled_)();
  std::size_t taken_ = 0;
  std::uint32_t asked_ = 0;
};

}  // namespace harness

// The budget of a fast algorithm: its loops ask now and then whether the check must end (--time-limit,
// Ctrl-C).
#pragma once

#include <cstddef>

#include "checkers/common/findings.h"

namespace harness {

class Patience {
 public:
  Patience(const Budget& budget, Findings& findings) : cancelled_(budget.cancelled), findings_(findings) {}

  /// To be asked once for each operation, or with what it costs in such operations; cheap. Once true it stays
  /// so, and the verdict is not `valid` any more.
  bool ended(std::size_t cost = 1) {
    if (cost < left_) {
      left_ -= cost;
      return ended_;
    }
    left_ = kBetween;
    if (!ended_ && cancelled_ != nullptr && cancelled_()) {
      ended_ = true;
      findings_.unknown("the check ran out of its budget of time before its end; raise it with --time-limit");
    }
    return ended_;
  }

 private:
  static constexpr std::size_t kBetween = 4096;  // operations between two looks at the clock
  bool (*cancelled_)();
  Findings& findings_;
  std::size_t left_ = kBetween;
  bool ended_ = false;
};

}  // namespace harness

// The budget of a fast algorithm: its loops ask now and then whether the check must end (--time-limit,
// Ctrl-C).
#pragma once

#include <cstdint>

#include "checkers/common/findings.h"

namespace harness {

class Patience {
 public:
  Patience(const Budget& budget, Findings& findings) : cancelled_(budget.cancelled), findings_(findings) {}

  /// To be asked once for each operation; cheap. Once true it stays so, and the verdict is not `valid` any
  /// more.
  bool ended() {
    if ((++asked_ & kMask) == 0 && !ended_ && cancelled_ != nullptr && cancelled_()) {
      ended_ = true;
      findings_.unknown("the check ran out of its budget of time before its end; raise it with --time-limit");
    }
    return ended_;
  }

 private:
  static constexpr std::uint32_t kMask = 0xffff;
  bool (*cancelled_)();
  Findings& findings_;
  std::uint32_t asked_ = 0;
  bool ended_ = false;
};

}  // namespace harness

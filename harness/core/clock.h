// The run's clock: monotonic nanoseconds since the run began.
#pragma once

#include <chrono>

#include "harness/core/time.h"

namespace harness {

class RunClock {
 public:
  RunClock() : epoch_(std::chrono::steady_clock::now()) {}
  explicit RunClock(std::chrono::steady_clock::time_point epoch) : epoch_(epoch) {}
  Nanos now() const {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - epoch_)
        .count();
  }
  std::chrono::steady_clock::time_point epoch() const { return epoch_; }

 private:
  std::chrono::steady_clock::time_point epoch_;
};

}  // namespace harness

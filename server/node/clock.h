/// The one clock of the node.
#pragma once

#include <chrono>

#include "server/engine/ports.h"

namespace node {

class SystemClock final : public ClockPort {
 public:
  SystemClock() : started_(std::chrono::steady_clock::now()), started_ms_(now_us() / 1000) {}

  std::int64_t now_us() const override {
    using namespace std::chrono;
    return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
  }
  std::int64_t monotonic_us() const override {
    using namespace std::chrono;
    return duration_cast<microseconds>(steady_clock::now().time_since_epoch()).count();
  }
  /// Unix time at start plus what has passed: never goes back.
  std::int64_t steady_ms() const { return started_ms_ + up_ms(); }
  std::int64_t up_ms() const {
    using namespace std::chrono;
    return duration_cast<milliseconds>(steady_clock::now() - started_).count();
  }

 private:
  std::chrono::steady_clock::time_point started_;
  std::int64_t started_ms_;
};

}  // namespace node

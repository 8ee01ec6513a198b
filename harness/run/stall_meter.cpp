#include "harness/run/stall_meter.h"

#include <algorithm>
#include <chrono>

namespace harness {

StallMeter::StallMeter() : thread_([this] { measure(); }) {}

StallMeter::~StallMeter() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stop_.notify_all();
  thread_.join();
}

void StallMeter::measure() {
  constexpr std::chrono::milliseconds kNap(10);
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const auto before = std::chrono::steady_clock::now();
    stop_.wait_for(lock, kNap, [this] { return stopping_; });
    const Nanos slept = std::chrono::nanoseconds(std::chrono::steady_clock::now() - before).count();
    longest_ = std::max<Nanos>(longest_, slept - std::chrono::nanoseconds(kNap).count());
  }
}

}  // namespace harness

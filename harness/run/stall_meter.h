// How long the machine kept us from running: a thread that sleeps 10 ms at a time and notes by how much it
// overslept.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "harness/core/time.h"

namespace harness {

class StallMeter {
 public:
  StallMeter();   // starts measuring
  ~StallMeter();  // stops
  StallMeter(const StallMeter&) = delete;
  StallMeter& operator=(const StallMeter&) = delete;

  /// The longest stall so far.
  Nanos longest() const { return longest_; }

 private:
  void measure();

  std::mutex mutex_;
  std::condition_variable stop_;
  bool stopping_ = false;  // guarded by mutex_
  std::atomic<Nanos> longest_{0};
  std::thread thread_;
};

}  // namespace harness

// The nemesis: the actor that applies the faults of a schedule, one after another, on a thread of its own.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "harness/core/schedule.h"
#include "harness/faults/fault.h"

namespace harness {

struct NemesisOptions {
  double time_limit_s = 0;  // the schedule begins again until then; 0: it runs once
  double tail_s = 3;        // load after the last fault
  std::chrono::milliseconds condition_patience{60'000};
};

class Nemesis {
 public:
  /// `plan` gives the schedule of the n-th round. `journal` is told of a record whenever it changes, by its
  /// number; `say` gets one line for people.
  Nemesis(FaultContext context, std::function<Schedule(int round)> plan, NemesisOptions options,
          std::function<void(std::size_t, const FaultRecord&)> journal,
          std::function<void(const std::string&)> say);
  ~Nemesis();  // stops and heals

  void start();
  /// Whether the schedule, and the tail behind it, has come to its end.
  bool done() const;
  /// Ends it early: what is active is healed, no further fault begins. Returns when that is so.
  void stop();
  /// Waits for the end and throws what went wrong on the thread.
  void join();
  const std::vector<FaultRecord>& records() const { return records_; }  // REQUIRES: joined

 private:
  void work();
  void round(const Schedule& schedule);
  void apply(const PlannedStep& step);
  bool await(StepCondition condition);
  /// False when it was stopped meanwhile.
  bool sleep(Nanos time);
  bool stopped();

  FaultContext context_;
  std::function<Schedule(int)> plan_;
  NemesisOptions options_;
  std::function<void(std::size_t, const FaultRecord&)> journal_;
  std::function<void(const std::string&)> say_;
  std::thread thread_;
  std::exception_ptr failure_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  bool done_ = false;
  std::vector<FaultRecord> records_;
};

}  // namespace harness

// The nemesis: the actor that carries out the steps of a plan. Each step in progress has a thread of its own,
// so that faults overlap and heal in any order; what a step draws comes from the step's own stream, so that
// leaving one out changes no other.
#pragma once

#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "harness/core/plan.h"
#include "harness/core/processor_wait.h"
#include "harness/faults/common/fault.h"
#include "harness/run/command_sessions.h"
#include "harness/run/step_board.h"
#include "harness/run/step_records.h"

namespace harness {

/// What the steps act on.
struct NemesisScene {
  Cluster& cluster;
  Sandbox& sandbox;
  const RunClock& clock;
  std::vector<Host*> client_hosts;  // one a client group
  /// Acknowledged operations of each load so far; may be empty.
  std::function<std::map<std::string, std::uint64_t>()> acknowledged;
  BusPath* bus = nullptr;  // when the plan needs it
  /// When servers had no processor so far; may be empty.
  std::function<std::vector<ProcessorWait>()> starved = {};

  /// Messages that passed so far; empty without a bus path.
  std::function<BusCounts()> bus_counts() const;
};

class Nemesis {
 public:
  /// REQUIRES: the plan and the scene outlive it.
  Nemesis(const Plan& plan, NemesisScene scene, StepSinks sinks);
  ~Nemesis();  // stops and heals

  void start();
  /// Whether the steps, and the tail behind them, have come to their end.
  bool done() const;
  /// Asks it to end early: what is in force is healed, no further step begins.
  void end_early();
  /// Ends it early, and returns when that is so.
  void stop();
  /// Waits for the end and throws what went wrong on its threads.
  void join();
  const StepRecords& records() const { return records_; }  // REQUIRES: joined

 private:
  class Lap;
  void work();
  bool lap(int number);
  bool await_settled(StepBoard& board);
  void take_back();
  void watch(StepBoard* board);
  bool stopping() const;
  void fail(std::exception_ptr failure);

  const Plan& plan_;
  NemesisScene scene_;
  StepRecords records_;
  CommandSessions sessions_;
  std::thread thread_;
  mutable std::mutex mutex_;  // guards all below
  std::exception_ptr failure_;
  StepBoard* board_ = nullptr;  // of the lap under way
  bool stopping_ = false;
  bool done_ = false;
};

}  // namespace harness

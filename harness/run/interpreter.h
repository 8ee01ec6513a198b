// The interpreter runs the load: logical processes, each with at most one open operation, as coroutines of
// one thread per client group. A process whose operation ends in info is retired and a fresh one takes its
// place.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "harness/client/client.h"
#include "harness/core/prng.h"
#include "harness/run/recorder.h"
#include "harness/run/workload.h"

namespace harness {

/// Numbers for the processes of one load: never given twice in a run, and with the load's number as their
/// rest (load_of_process, harness/core/plan.h).
class ProcessNumbers {
 public:
  explicit ProcessNumbers(int load = 0, int loads = 1) : next_(load), step_(loads) {}
  std::int32_t next() { return next_.fetch_add(step_); }

 private:
  std::atomic<std::int32_t> next_;
  const std::int32_t step_;
};

struct LoadOptions {
  int concurrency = 24;  // processes of this thread
  double rate = 0;       // operations per second of this thread; 0: as fast as they go
  std::chrono::milliseconds operation_timeout{1000};
  /// Since start(): nothing is offered before the one and from the other on.
  std::chrono::nanoseconds begin{0};
  std::chrono::nanoseconds end = std::chrono::nanoseconds::max();
};

/// How long a final phase may take.
struct FinalPatience {
  /// What is not answered ok is tried again for so long; then the first that has no answer ends the phase.
  std::chrono::milliseconds answers{10'000};
  /// Nothing new is asked from then on, also where everything is answered, however slowly.
  std::chrono::milliseconds whole{300'000};
};

/// How a load's operations ended.
struct LoadTally {
  std::uint64_t ok = 0;
  std::uint64_t fail = 0;
  std::uint64_t info = 0;
};

/// One client group under one load, in a thread of its own.
class LoadThread {
 public:
  /// `enter` is called first on the thread: it moves it into the group's host. `nodes` must be numbered as
  /// the recorder numbers them.
  LoadThread(std::function<void()> enter, std::vector<ClientNode> nodes, std::unique_ptr<Workload> workload,
             Prng prng, LoadOptions options, Recorder& recorder, ProcessNumbers& processes);
  ~LoadThread();

  /// Carries out the workload's set-up; returns when it is done. Throws EnvironmentError when the patience
  /// ends before. Call before start().
  void set_up(std::chrono::milliseconds patience);
  /// Offers operations until finish(); starts at once.
  void start();
  /// Throws what ended the load early (a full disk), if anything did.
  void check();
  /// No new operations.
  void stop() { stopping_ = true; }
  /// stop(); returns when the open ones have completed (each has a deadline).
  void finish();
  /// Runs the workload's final phase by so many processes, of which this thread's first one is number
  /// `first_worker` of `all_workers`. Call after finish(). What is not answered ok is tried again by the same
  /// worker until the deadline: each try is an operation of its own. finish_final() waits for the end.
  void start_final(std::size_t first_worker, std::size_t workers, std::size_t all_workers,
                   FinalPatience patience);
  /// Whether the final phase is over; finish_final() then returns at once.
  bool final_over() const { return ended_; }
  /// Ends the final phase at once: what is open stays so in the history. To be called again until
  /// final_over(): the thread may be about to begin.
  void abandon_final();
  void finish_final();

  /// At any time, from any thread.
  LoadTally tally() const;
  /// Redirections that were followed; after finish() or finish_final().
  std::uint64_t moved() const { return group_->moved; }
  std::uint64_t asked() const { return group_->asked; }
  /// Operations of the final phase that got no ok within the patience.
  std::size_t unanswered() const { return unanswered_; }
  /// Whether the final phase's time was up before all had been asked; after finish_final().
  bool out_of_time() const { return out_of_time_; }
  /// Turns of the final phase that are done; at any time, from any thread.
  std::size_t final_turns() const { return final_turns_; }

 private:
  Task<void> process_loop();
  Task<Operation> perform(Client& client, std::int32_t& process, Operation op);
  Task<void> await_turn();
  Task<void> final_worker(FinalTurn turn, SteadyTime deadline, SteadyTime end);
  Task<void> set_up_operations(SteadyTime deadline);
  Task<Operation> until_ok(Client& client, std::int32_t& process, const Operation& op, SteadyTime deadline);
  bool over() const;
  void spawn(Task<void> task);
  void run(std::function<void()> spawn);
  void join();
  void fail(std::exception_ptr problem);

  std::function<void()> enter_;
  std::unique_ptr<ClientGroup> group_;
  std::unique_ptr<Workload> workload_;
  Prng prng_;
  LoadOptions options_;
  Recorder& recorder_;
  ProcessNumbers& processes_;
  std::thread thread_;
  std::mutex failure_mutex_;
  std::exception_ptr failure_;  // of the thread, thrown again by check() and join(); guarded
  std::atomic<bool> stopping_{false};
  std::size_t running_ = 0;  // processes
  SteadyTime next_turn_{};
  SteadyTime begin_{};  // of offering, and its end
  SteadyTime end_ = SteadyTime::max();
  std::array<std::atomic<std::uint64_t>, 3> outcomes_{};  // by Outcome
  std::size_t unanswered_ = 0;
  bool out_of_time_ = false;
  std::atomic<std::size_t> final_turns_{0};
  std::atomic<bool> ended_{false};  // the thread's work
};

}  // namespace harness

// The interpreter runs the load: logical processes, each with at most one open operation, as coroutines of
// one thread per client group. A process whose operation ends in info is retired and a fresh one takes its
// place.
#pragma once

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

/// Numbers for processes: never given twice in a run.
class ProcessNumbers {
 public:
  std::int32_t next() { return next_++; }

 private:
  std::atomic<std::int32_t> next_{0};
};

struct LoadOptions {
  int concurrency = 24;  // processes of this group
  double rate = 0;       // operations per second of this group; 0: as fast as they go
  std::chrono::milliseconds operation_timeout{1000};
};

/// One client group under load, in a thread of its own.
class LoadThread {
 public:
  /// `enter` is called first on the thread: it moves it into the group's host. `nodes` must be numbered as
  /// the recorder numbers them.
  LoadThread(std::function<void()> enter, std::vector<ClientNode> nodes, std::unique_ptr<Workload> workload,
             Prng prng, LoadOptions options, Recorder& recorder, ProcessNumbers& processes);
  ~LoadThread();

  /// Offers operations until stop_offering(); starts at once.
  void start();
  /// Throws what ended the load early (a full disk), if anything did.
  void check();
  /// No new operations; returns when the open ones have completed (each has a deadline).
  void finish();
  /// Runs these operations, one process each at a time, and returns when all have completed. Call after
  /// finish(). Reads that fail are tried again by the same process until the deadline: each try is an
  /// operation of its own.
  void run_final_reads(std::chrono::milliseconds patience);

  std::uint64_t moved() const { return moved_; }
  std::uint64_t asked() const { return asked_; }
  /// Final reads that got no ok within the patience.
  std::size_t unanswered_final_reads() const { return unanswered_; }

 private:
  Task<void> process_loop();
  Task<Operation> perform(Client& client, std::int32_t& process, Operation op);
  Task<void> await_turn();
  Task<void> final_reads(SteadyTime deadline);
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
  std::atomic<std::uint64_t> moved_{0};
  std::atomic<std::uint64_t> asked_{0};
  std::size_t unanswered_ = 0;
};

}  // namespace harness

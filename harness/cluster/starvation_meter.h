// Measures how long each server had work and yet no processor (core/processor_wait.h), from its start on.
#pragma once

#include <chrono>
#include <condition_variable>
#include <ctime>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "harness/cluster/cluster.h"
#include "harness/core/clock.h"
#include "harness/core/processor_wait.h"
#include "harness/evidence/evidence_file.h"

namespace harness {

/// What Linux counts of a process since it began.
struct ProcessorTimes {
  Nanos waited = 0;  // the main thread, on run queues
  Nanos ran = 0;     // all threads
};
/// Nothing when the process is gone, or the kernel does not count.
std::optional<ProcessorTimes> processor_times(int pid);
/// Of one thread alone, by its id.
std::optional<ProcessorTimes> processor_times_of_thread(int id);

/// Ten times in a node timeout, but no more often than each 50 ms and no more seldom than each 500 ms.
std::chrono::milliseconds wait_interval(std::chrono::milliseconds node_timeout);

class StarvationMeter {
 public:
  /// Starts measuring. `carriers`: the ids of threads of ours that carry what servers say to each other,
  /// and without a processor keep all of them waiting. REQUIRES: the cluster outlives it.
  StarvationMeter(Cluster& cluster, std::chrono::milliseconds node_timeout, std::vector<int> carriers = {});
  ~StarvationMeter();
  StarvationMeter(const StarvationMeter&) = delete;
  StarvationMeter& operator=(const StarvationMeter&) = delete;

  /// From now on each span with a wait that is worth telling is a line of the file at once, and so is what
  /// was measured before.
  void begin(const RunClock& clock, const std::filesystem::path& file, Tally* tally);
  /// Stops measuring. Throws EnvironmentError when the file is not complete.
  void stop();

  /// The window of that length (0: a node timeout) in which a server starved most so far, its times counted
  /// from the meter's start; nothing when none did.
  std::optional<ProcessorWait> worst(Nanos window = 0) const;
  /// All windows so far, as long as a node timeout, in the run's time.
  std::vector<ProcessorWait> windows() const;

 private:
  struct Process {
    Nanos time = 0;  // when it was looked at last
    ProcessorTimes times;
  };

  void measure();
  void look_at(int id, int number);
  void take(ProcessorWait wait);
  void write(ProcessorWait wait);

  Cluster& cluster_;
  const std::vector<int> carriers_;
  const Nanos window_;
  const std::chrono::milliseconds interval_;
  const RunClock clock_;
  std::map<int, Process> processes_;  // by id; of the measuring thread alone
  mutable std::mutex mutex_;          // guards all below
  std::condition_variable stop_;
  bool stopping_ = false;
  std::vector<ProcessorWait> waits_;
  std::optional<EvidenceFile> file_;
  Nanos zero_ = 0;  // time 0 of the run, by clock_
  std::string failure_;
  std::thread thread_;
};

}  // namespace harness

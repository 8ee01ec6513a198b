// The observer: looks at every node many times a second, and journals what it sees.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "harness/cluster/cluster.h"
#include "harness/cluster/roles.h"
#include "harness/core/run_record.h"
#include "harness/evidence/evidence_file.h"
#include "harness/sandbox/sandbox.h"

namespace harness {

struct ObserverOptions {
  std::chrono::milliseconds interval{50};
  std::chrono::milliseconds timeout{200};      // of a look; past it the node is unreachable
  std::filesystem::path journal;               // topology.jsonl; appended to (form: core/record_json.h)
  Tally* tally = nullptr;                      // is told what the journal has
  const Host* host = nullptr;                  // the network namespace to look from; null: the caller's
  std::chrono::steady_clock::time_point zero;  // time 0 of the run; earlier looks have negative times
};

/// How long to wait between two looks at a node. Each look shows every node, so that all of them together
/// cost the servers and us the square of their number: above thirty nodes they are looked at more seldom, but
/// at least twenty times in a node timeout.
std::chrono::milliseconds look_interval(int nodes, std::chrono::milliseconds node_timeout);

/// One thread a node, so that one that does not answer delays no other. A view's time is that of the answer.
/// Each line is written at once, whole: what was seen survives a kill -9 of the harness.
class Observer {
 public:
  /// Starts looking. REQUIRES: the cluster outlives it and is formed (its nodes have ids). Throws
  /// EnvironmentError when the journal cannot be opened.
  Observer(Cluster& cluster, ObserverOptions options);
  ~Observer();
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;

  /// Stops looking and closes the views. Called by the destructor too.
  void stop();

  /// The current views, one a node. A node not looked at yet is unreachable.
  Roles latest() const;
  std::uint64_t looks() const { return looks_; }
  std::uint64_t failures() const { return failures_; }
  /// Why the journal is incomplete (a full disk); nothing while all is well.
  std::optional<std::string> error() const;

 private:
  class Watch;  // what one thread remembers of its node

  void watch(int number);
  bool wait(std::chrono::steady_clock::time_point until);
  void record(Watch& watch, View view);
  void write(const std::string& lines);
  Nanos now() const;

  Cluster& cluster_;
  const ObserverOptions options_;
  mutable std::mutex mutex_;  // guards journal_, error_, views_ and stopping_
  std::condition_variable stop_;
  bool stopping_ = false;
  EvidenceFile journal_;
  std::string error_;
  std::vector<View> views_;
  std::atomic<std::uint64_t> looks_{0};
  std::atomic<std::uint64_t> failures_{0};
  std::vector<std::thread> threads_;
};

}  // namespace harness

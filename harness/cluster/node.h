// One server of the cluster: its files, its address, and the lives its process has had.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "harness/builds/flavor.h"
#include "harness/client/connection.h"
#include "harness/core/run_record.h"
#include "harness/sandbox/child.h"
#include "harness/sandbox/disk_gate.h"
#include "harness/sandbox/sandbox.h"

namespace harness {

struct NodeOptions {
  int number = 0;    // index in RunRecord::nodes
  std::string name;  // "n1"
  const Host* host = nullptr;
  Flavor flavor;
  std::filesystem::path directory;  // nodes/<name>/ of the store
  NodeSettings settings;
  bool disk_gate = false;   // what the server asks of the disk goes through a gate
  bool fake_clock = false;  // the server's wall clock is read from a file
};

/// Thread-safe: the nemesis stops and restarts it while the observer polls it.
class Node {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  /// Makes the directory and writes the configuration. Throws EnvironmentError when the store does not allow
  /// it.
  explicit Node(NodeOptions options);
  ~Node();

  int number() const { return options_.number; }
  const std::string& name() const { return options_.name; }
  const std::string& ip() const { return options_.host->ip(); }
  /// Where it serves clients: as configured, unless somebody changed it since it started.
  int port() const { return port_; }
  /// Its clients' port was changed while it runs; the next start takes the configured one.
  void serves_at(int port) { port_ = port; }
  int configured_port() const { return options_.settings.port; }
  const NodeOptions& options() const { return options_; }
  const NodeFiles& files() const { return files_; }
  const Host& host() const { return *options_.host; }
  /// The build that runs, or will run at the next start.
  Flavor flavor() const;
  /// Null unless the node was made with one.
  DiskGate* gate() const { return gate_.get(); }
  /// The file that says what the server's wall clock shows (fake_clock.h); empty: it has none.
  std::filesystem::path clock_file() const;

  /// From the next start on the node runs this build, with a configuration that suits it. Throws
  /// EnvironmentError when that cannot be written. REQUIRES: it does not run.
  void change_build(const Flavor& flavor);

  /// Launches the server, with whatever data and nodes.conf its last life left. Throws EnvironmentError when
  /// it cannot be launched. REQUIRES: it does not run.
  void start();
  /// Waits until it answers PING (loading its data is part of it). Throws EnvironmentError, with the last
  /// lines of its log, when it dies first or the timeout passes.
  void wait_until_answering(std::chrono::milliseconds timeout);

  /// How the current life ended, or nothing while it runs (stopped by SIGSTOP counts as running). Notices the
  /// end: polled by the observer at every look, so that an Incarnation's end is known to some 50 ms.
  std::optional<ExitStatus> poll();
  bool running() { return !poll(); }
  /// Process id of the current or last life; 0 before the first.
  int pid() const;
  /// The letter of /proc/PID/stat; 0 when gone.
  char state() const;

  /// The end of this life, however it comes, is the harness' doing: says so in its Incarnation.
  void expect_end();
  /// Takes expect_end() back: the end did not come, or was not the one that was meant. A crash of this life
  /// counts as one again.
  void expect_no_end();
  /// False when the process is gone.
  bool signal(int number);
  /// Stops the process (SIGSTOP) until every freeze() has its thaw(), so that faults that stop it may
  /// overlap. freeze: false when the process is gone. thaw: whether the process shall run again by now.
  bool freeze();
  bool thaw();
  /// Waits for the process to end; nothing when it did not within the timeout.
  std::optional<ExitStatus> wait_for_end(std::chrono::milliseconds timeout);
  /// expect_end(), SIGKILL, and the end awaited.
  ExitStatus kill();
  /// expect_end(), SIGTERM (SIGCONT before it), SIGKILL after the grace.
  ExitStatus stop(std::chrono::milliseconds grace);

  Result<Connection> connect(Timeouts timeouts = {}) const {
    return Connection::open(ip(), port(), timeouts);
  }

  /// All lives so far, times counted from `zero`.
  std::vector<Incarnation> incarnations(TimePoint zero) const;

  /// The last lines of the server's log and of what it printed, for messages.
  std::string last_log_lines(std::size_t lines = 12) const;

 private:
  struct Life {
    int pid = 0;
    TimePoint started;
    std::optional<TimePoint> ended;
    ExitStatus status;
    bool expected = false;
  };
  std::optional<ExitStatus> poll_locked();

  const NodeOptions options_;
  const NodeFiles files_;
  std::unique_ptr<DiskGate> gate_;
  std::atomic<int> port_;
  mutable std::mutex mutex_;  // guards all below
  Flavor flavor_;
  std::unique_ptr<Child> child_;
  std::vector<Life> lives_;
  int frozen_ = 0;  // freezes without their thaw
};

}  // namespace harness

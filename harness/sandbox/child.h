// A child: one OS process that the harness started (never to be confused with a process, which is a logical
// client). RAII over Boost.Process: destroying it kills and reaps it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace harness {

class Host;
class DiskGate;

struct ChildOptions {
  std::vector<std::string> argv;  // argv[0] is looked up on PATH unless it has a slash; links never resolved
  std::filesystem::path directory;       // working directory; empty: the current one
  std::filesystem::path output;          // stdout and stderr are appended here; empty: /dev/null
  std::vector<std::string> environment;  // additional NAME=value
  const Host* host = nullptr;            // whose network namespace it lives in; null: the caller's
  DiskGate* gate = nullptr;              // what it asks of the disk goes through this; null: straight on
};

/// How a child ended.
struct ExitStatus {
  int exit_code = -1;  // -1: a signal ended it
  int signal = 0;
  std::string describe() const;  // "died of SIGSEGV", "exited with 1"
};

/// Its own process group, stdin from /dev/null, no other descriptor of ours, default signal settings, no core
/// dumps; the kernel kills it when the harness dies. All calls are safe from several threads at once.
class Child {
 public:
  /// Throws EnvironmentError when it cannot be started (naming the program).
  explicit Child(const ChildOptions& options);
  ~Child();  // SIGKILL to it and what it started (its process group), and reap it, if it still runs
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const;
  /// How it ended, or nothing while it runs. Never blocks. Stays answerable after the end.
  std::optional<ExitStatus> poll();
  std::optional<ExitStatus> wait_for(std::chrono::milliseconds timeout);
  /// Sends a signal; false when it is gone.
  bool signal(int number);
  /// The state letter of /proc/PID/stat: 'R', 'S', 'T' (stopped), 'Z', or 0 when gone.
  char state() const;
  /// SIGTERM, then SIGKILL to its group when it has not ended within the grace; reaps it.
  ExitStatus stop(std::chrono::milliseconds grace);

 private:
  ExitStatus kill_all();

  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace harness

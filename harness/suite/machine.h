// How many runs the machine can carry side by side: from its cores and its memory, and from what the runs so
// far were seen to use.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <limits>
#include <map>
#include <span>

namespace harness {

struct Machine {
  double cores = 1;         // that this process may use: affinity and the control group's quota
  std::uint64_t bytes = 0;  // of memory that is to be had, those of running runs counted in
};

/// What runs were seen to use.
class Need {
 public:
  void add_run(double cpu_seconds, double seconds);
  void see_bytes(std::uint64_t bytes);
  /// Of one run on average; a guess until one has ended.
  double cores() const;
  /// Of the greatest run; a guess until one was looked at.
  std::uint64_t bytes() const;

 private:
  double cpu_seconds_ = 0;
  double seconds_ = 0;
  std::uint64_t bytes_ = 0;
};

/// At least one, at most three times as many as there are cores.
int runs_side_by_side(const Machine& machine, const Need& need);

/// How busy the machine's cores were of late, 0 to 1, by whatever runs there: over ten seconds or so.
class BusyMeter {
 public:
  BusyMeter();
  /// Since the last call, smoothed. To be called every other second.
  double measure();

 private:
  std::uint64_t busy_ = 0;
  std::uint64_t total_ = 0;
  double smoothed_ = 0;
};

/// How many may run now: one more where cores are idle, one less where others take them, else as many as do;
/// at least one, at most the limit.
int runs_when(double busy, int running, int limit);

/// Resident bytes of each process and of all that descend from it, by one look at /proc.
std::map<pid_t, std::uint64_t> bytes_of_trees(std::span<const pid_t> roots);

/// Measured now. `used` is what our own runs hold: it counts as to be had.
Machine measure_machine(std::uint64_t used);

/// How many runs to have under way, measured again and again while they go on.
class SideBySide {
 public:
  /// `jobs`: so many, whatever the machine says; 0: as many as it carries.
  explicit SideBySide(int jobs) : jobs_(jobs) {}

  /// Before the first run, of which nothing was seen yet: as many as there are cores.
  int at_first() const;
  /// By what the runs were seen to use, and by how busy the machine is; at most `ceiling` where it is
  /// measured. `running`: a process of each. To be called every other second.
  int measure(std::span<const pid_t> running, int ceiling = std::numeric_limits<int>::max());
  /// A run has ended.
  void add_run(double cpu_seconds, double seconds) { need_.add_run(cpu_seconds, seconds); }

 private:
  int jobs_;
  Need need_;
  BusyMeter busy_;
};

}  // namespace harness

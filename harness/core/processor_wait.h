// How long a server's process had work and yet no processor: what a machine with other work to do takes from
// it. Promises in wall-clock time say nothing of a server that was kept from running.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/time.h"

namespace harness {

/// In the place of a node: what carries the servers' messages through us, and keeps all of them waiting.
inline constexpr int kNetworkOfOurs = -1;

/// One span of one process. Times are those of the run; before the cluster was formed they are negative.
struct ProcessorWait {
  int node = 0;  // or kNetworkOfOurs
  Nanos from = 0;
  Nanos until = 0;
  /// Its main thread stood on a run queue and waited: neither asleep, nor stopped, nor running. Linux counts
  /// it (/proc/PID/schedstat, second field).
  Nanos waited = 0;
  Nanos ran = 0;  // processor time of all its threads
};

/// Spans as long as `window` (longer where one wait was) in which a process waited for more than half of it,
/// and did not itself run for a quarter: one that burns the processor has had it. In order of node and time;
/// of those that overlap each is told. REQUIRES: `window` is above 0.
std::vector<ProcessorWait> starved_windows(std::span<const ProcessorWait> waits, Nanos window);

/// The one of these with the longest wait that touches from..until; null: none does.
const ProcessorWait* worst_within(std::span<const ProcessorWait> windows, Nanos from, Nanos until);

/// So long after it what starvation has set going may still show: a report of failure counts for two
/// timeouts, an election follows, and may be lost; then all converge.
Nanos starvation_reach(Nanos node_timeout);

/// How much of from..until lies outside of these windows and of the `reach` after each, in which what they
/// have set going may still show.
Nanos time_without(std::span<const ProcessorWait> windows, Nanos reach, Nanos from, Nanos until);

/// "n3 waited 4.1 s of 5.0 s for a processor, and ran for 0.1 s"
std::string describe(const ProcessorWait& window, const std::string& node_name);

/// A line of waits.jsonl, with its newline.
std::string wait_line(const ProcessorWait& wait);
/// All of them; what cannot be understood is left out.
std::vector<ProcessorWait> parse_waits(std::string_view text);

}  // namespace harness

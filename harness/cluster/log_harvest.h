// The servers' logs as data: every line of a log file with its time in the run.
#pragma once

#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <vector>

#include "harness/cluster/node.h"
#include "harness/core/run_record.h"

namespace harness {

/// How much of one node's log is kept: the head, the tail, and of what lies between the lines that matter to
/// a checker or a reader (elections, failures, crashes). What is left out is said in a line of its own.
struct HarvestLimits {
  std::size_t head = 2000;
  std::size_t tail = 2000;
  std::size_t telling = 20'000;
  std::size_t line_bytes = 4096;
};

/// Whether a line matters wherever it stands: a crash, an assertion, an election, a vote, a failure report, a
/// change of role or epoch, a synchronization.
bool is_telling(std::string_view text);

/// "pid:role DD Mon YYYY HH:MM:SS.mmm level text", as redis and valkey write it (the servers run in UTC).
/// A line without such a header (a crash report, a stack trace) belongs to the line before it and has its
/// time; before any header, `fallback_unix_ms`. Untrusted: never throws on content.
/// `started_unix_ms`: RunInfo's; times before the run are negative.
std::vector<LogLine> parse_log(std::istream& in, int node, std::int64_t started_unix_ms,
                               std::int64_t fallback_unix_ms, const HarvestLimits& limits = {});

/// The logs of these nodes, and what they printed (sanitizers do), merged in order of time.
std::vector<LogLine> harvest_logs(const std::vector<const Node*>& nodes, std::int64_t started_unix_ms,
                                  const HarvestLimits& limits = {});

}  // namespace harness

// When the end of a run was looked at. What a checker found wrong then may have begun at any time before: its
// time is that of the look.
#pragma once

#include <algorithm>
#include <string_view>

#include "harness/core/run_record.h"

namespace harness {

/// The end of the time in which the cluster was judged: info.settled, or the last view.
inline Nanos end_of_judging(const RunRecord& run) {
  if (run.info.settled != kNever) return run.info.settled;
  Nanos last = 0;
  for (const View& view : run.views) last = std::max(last, view.begin);
  return last;
}

/// By the node's own clock; kNever: it did not tell.
inline Nanos read_at(const RunRecord& run, const FinalData& data) {
  if (data.read_until_ms == 0 || run.info.started_unix_ms == 0) return kNever;
  return (data.read_until_ms - run.info.started_unix_ms) * kMillisecond;
}

/// "seen in the end" or "seen when data was compared" of an anomaly that was found by such a look; empty: its
/// time is when it happened.
inline std::string_view how_seen(const RunRecord& run, const Anomaly& anomaly) {
  if (anomaly.time <= 0) return {};
  if (anomaly.time == end_of_judging(run)) return "seen in the end";
  const bool compared = std::ranges::any_of(
      run.final_data, [&](const FinalData& data) { return read_at(run, data) == anomaly.time; });
  return compared ? "seen when data was compared" : std::string_view{};
}

}  // namespace harness

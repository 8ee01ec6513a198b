// What is measured of a run so that runs can be compared: one table of figures, each with its unit, which
// direction is worse, and how large a difference matters at all.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "harness/core/run_record.h"
#include "reports/latency.h"

namespace harness {

/// A judged run, with what several figures need worked out once.
struct MeasuredRun {
  const RunRecord& record;
  const RunVerdict& verdict;
  reporting::Latency latency;
};

/// What each second of the load showed.
struct Seconds {
  std::vector<double> acknowledged;  // operations
  std::vector<double> p50_ms;        // of the acknowledged ones; seconds without any are left out
  std::vector<double> p99_ms;
};

struct FigureKind {
  std::string_view name;   // stable: "failover-first-write"
  std::string_view words;  // "failover: fault to first write"
  std::string_view unit;   // "ms", "operations/s", "bytes"
  bool more_is_better;
  double slack;  // a difference below this, in the unit, matters to nobody, however certain
  bool decides;  // an audit asks for certainty; else it is told only
  /// Nothing: the run did not come to it (no failover, no acknowledged operation).
  std::optional<double> (*measure)(const MeasuredRun&);
  std::vector<double> Seconds::*by_second = nullptr;  // where each second of the load has such a value
};

std::span<const FigureKind> figure_kinds();

/// One value a kind, in the order of the table.
using Figures = std::vector<std::optional<double>>;
Figures figures_of(const RunRecord& record, const RunVerdict& verdict);

/// From the first to the last whole second of the load.
Seconds seconds_of(const RunRecord& record);

}  // namespace harness

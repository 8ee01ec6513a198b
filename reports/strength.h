// "Was the test strong enough?": the figures that a verdict's weight rests on, counted from the record.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "harness/core/fault_span.h"
#include "harness/core/run_record.h"

namespace harness::reporting {

struct Strength {
  std::size_t operations = 0;
  std::size_t ok = 0;
  std::size_t fail = 0;
  std::size_t info = 0;
  std::size_t during_faults = 0;  // acknowledged ones invoked while at least one fault was active
  /// Acknowledged ones invoked during each fault of the record; nothing of one that was a moment (a restart).
  std::vector<std::optional<std::size_t>> per_fault;
  DeedCounts faults;
  DeedCounts commands;  // of the plan, that did what faults do
  std::size_t checks = 0;
  std::size_t checks_complete = 0;  // that could conclude, and were not cut short
};

Strength measure_strength(const RunRecord& record, const RunVerdict& verdict);

/// Index into history.operations of the invocation event, or npos (a truncated history may lack it).
std::size_t operation_of_event(const History& history, std::size_t event);

}  // namespace harness::reporting

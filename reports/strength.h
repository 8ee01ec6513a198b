// "Was the test strong enough?": the figures that a verdict's weight rests on, counted from the record.
#pragma once

#include <cstddef>
#include <vector>

#include "harness/core/run_record.h"

namespace harness::reporting {

struct Span {
  Nanos begin = 0;
  Nanos end = 0;  // kNever: open
};

/// How long a fault weighed on the cluster: from verified active (or requested, when it never was verified)
/// until verified healed; a crash lasts until the node's next process starts. Never beyond the clients' work.
Span fault_span(const RunRecord& record, const FaultRecord& fault);

struct Strength {
  std::size_t operations = 0;
  std::size_t ok = 0;
  std::size_t fail = 0;
  std::size_t info = 0;
  std::size_t during_faults = 0;       // operations invoked while at least one fault was active
  std::vector<std::size_t> per_fault;  // operations invoked during each fault of the record
  std::size_t faults_requested = 0;
  std::size_t faults_verified = 0;
  std::size_t faults_to_heal = 0;
  std::size_t faults_healed = 0;
  std::size_t checks = 0;
  std::size_t checks_complete = 0;  // that could conclude, and were not cut short
};

Strength measure_strength(const RunRecord& record, const RunVerdict& verdict);

/// Index into history.operations of the invocation event, or npos (a truncated history may lack it).
std::size_t operation_of_event(const History& history, std::size_t event);

}  // namespace harness::reporting

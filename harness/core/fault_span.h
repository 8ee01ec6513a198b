// How long faults weighed on the cluster, and how much was done meanwhile: one meaning of "during faults" for
// checkers and reports.
#pragma once

#include <cstddef>

#include "harness/core/run_record.h"

namespace harness {

struct Span {
  Nanos begin = 0;
  Nanos end = 0;  // kNever: open
};

/// From verified active (or requested, when it never was verified) until verified healed; a crash lasts until
/// the node's next process starts. What is over as soon as it is seen (slots that moved) lasted from its
/// request on; what has no end (a restart) is a moment. Never beyond the clients' work.
Span fault_span(const RunRecord& record, const FaultRecord& fault);

/// Whether the record stands for a command of the plan that does to the cluster what a fault does.
bool is_command(const RunRecord& record, const FaultRecord& fault);

/// How many there were, and what became of them.
struct DeedCounts {
  std::size_t requested = 0;
  std::size_t verified = 0;  // seen to have taken effect
  std::size_t to_heal = 0;
  std::size_t healed = 0;  // of those, verified to be gone
};
struct FaultCounts {
  DeedCounts faults;  // each once: what it prepared before it struck is a part of it
  DeedCounts commands;
};
FaultCounts count_faults(const RunRecord& record);

/// Acknowledged operations that were invoked in [span.begin, span.end).
std::size_t operations_in(const RunRecord& record, Span span);

/// Acknowledged operations that were invoked while at least one fault weighed on the cluster.
std::size_t operations_during_faults(const RunRecord& record);

}  // namespace harness

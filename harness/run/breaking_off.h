// The record of a run whose harness was killed: it may have been in the midst of a fault. The journals say
// beforehand that a fault is about to act, or a command about to be sent, and afterwards how that went.
#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

#include "harness/core/run_record.h"

namespace harness {

/// What the lines of a journal say, and since when it is open how the last deeds went.
template <typename T>
struct Deeds {
  std::vector<T> items;
  std::size_t bad_lines = 0;
  Nanos open_since = kNever;  // the first deed that was begun and whose end is not recorded; kNever: none

  void open_at(Nanos moment) { open_since = std::min(open_since, moment); }
};

/// faults.jsonl: the last line of each number that says how it went counts. A torn last line does not.
Deeds<FaultRecord> fault_deeds(std::string_view text);
/// commands.jsonl.
Deeds<CommandRecord> command_deeds(std::string_view text);

/// Takes out of the record what was seen from `moment` on, and what is a little older and cannot be told from
/// it: servers' logs have milliseconds. An operation that ended later is one whose outcome nobody knows.
void forget_from(RunRecord& record, Nanos moment);

}  // namespace harness

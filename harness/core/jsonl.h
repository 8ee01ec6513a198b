// The interchange form of a history: one JSON object a line (harness/FORMATS.md). Reading is a pure function
// of bytes, written by hand because ingest dominates the checking of long histories; it allocates nothing per
// event.
#pragma once

#include <string>
#include <string_view>

#include "harness/core/history.h"

namespace harness {

/// Throws HistoryError, with the line (from 1) and the reason, for anything that is not a history.
/// Empty lines are allowed. Fields that are not ours are skipped, whatever they hold.
History read_jsonl(std::string_view bytes);

/// The same history as JSON Lines: events in their order, indices dense from 0 (the nemesis is left out).
std::string write_jsonl(const History& history);

/// What `history` records at one of its events: calls visit(operation, type, time, value) in order of events.
template <typename Visit>
void for_each_event(const History& history, Visit visit) {
  std::vector<std::uint32_t> at(history.events, 0xffffffff);
  for (std::uint32_t i = 0; i < history.operations.size(); ++i) {
    const Operation& op = history.operations[i];
    at[op.invoke_event] = i;
    if (op.complete_event != kNoEvent) at[op.complete_event] = i;
  }
  for (std::uint32_t event = 0; event < at.size(); ++event) {
    if (at[event] == 0xffffffff) continue;  // the nemesis
    const Operation& op = history.operations[at[event]];
    if (event == op.invoke_event) {
      visit(op, EventType::kInvoke, op.invoked, op.argument);
    } else {
      const EventType type = op.outcome == Outcome::kOk     ? EventType::kOk
                             : op.outcome == Outcome::kFail ? EventType::kFail
                                                            : EventType::kInfo;
      visit(op, type, op.completed, op.outcome == Outcome::kOk ? op.result : op.argument);
    }
  }
}
std::string_view to_string(EventType type);

}  // namespace harness

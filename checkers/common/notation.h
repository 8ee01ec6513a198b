// A tiny notation for histories, so that a reader of a test sees the anomaly: a line a process, columns are
// milliseconds.
//
//   [write 1]   [write 2]                 ] returned ok
//        [x: read 1      ]  [read 2 !     ! failed
//             [cas 2 3 ?                  ? indeterminate: its completion is not known
//
// Within the brackets: an optional key and a colon, the function, and its JSON values without spaces. A
// read's (get's, dequeue's, acquire's, generate's) value is what it returned; of the others it is the
// argument, and
// `= value` what they returned. Lines that begin with # or % are skipped (% lines are for the test).
#pragma once

#include <string>
#include <string_view>

#include "harness/core/history.h"

namespace harness {

/// Throws HistoryError for text that is not in this notation.
History history_from_notation(std::string_view text);
/// The same as JSON Lines.
std::string jsonl_from_notation(std::string_view text);

}  // namespace harness

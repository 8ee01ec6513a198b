// Lines of a node's log that have no time of their own: what a library or a sanitizer writes, and the first
// and inner lines of a crash report. A record gives them the time of the line before.
#pragma once

#include "harness/core/run_record.h"
#include "harness/core/saved_epochs.h"

namespace harness {

/// What the harness itself put between a node's lines has its own time.
inline bool is_undated(const LogLine& line) {
  return line.role == 0 && !line.text.starts_with(kSavedEpochs) && !line.text.starts_with("[harness: ");
}

}  // namespace harness

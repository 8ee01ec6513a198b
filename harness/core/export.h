// Histories for other tools, as pure functions to text.
#pragma once

#include <string>

#include "harness/core/history.h"

namespace harness {

/// One JSON array of events with Jepsen's fields, as elle-cli reads it (--format json).
std::string write_elle(const History& history);

/// The data of porcupine's visualisation: for each key, each operation as {ClientId, Start, End,
/// Description}, times in nanoseconds; an operation without completion ends with the history.
std::string write_porcupine(const History& history);

}  // namespace harness

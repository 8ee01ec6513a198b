// The table of checkers of a run, and the table of models for `harness check`: the two doors of this folder.
// A checker is a pure function of what was recorded; it has no clock, file, thread or socket.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "harness/core/history.h"
#include "harness/core/run_record.h"
#include "harness/core/verdict.h"

namespace harness {

/// How much a search may cost before it says `unknown`. Zero means no limit.
struct Budget {
  std::uint64_t steps = 0;                  // configurations explored
  std::uint64_t memory_bytes = 4ULL << 30;  // of cached configurations
  bool (*cancelled)() = nullptr;            // polled now and then; true: stop and say what is known

  bool stop() const { return cancelled != nullptr && cancelled(); }
};

struct CheckOptions {
  Budget budget;
  bool strict = false;  // plain linearizability is asked for: a lost write is a violation even in a window
};

/// A checker of a recorded run.
struct Checker {
  std::string_view name;
  std::string_view promise;  // what the server promises, in a few words
  CheckResult (*check)(const RunRecord&, const CheckOptions&);
};

std::span<const Checker> checkers();
const Checker* find_checker(std::string_view name);

}  // namespace harness

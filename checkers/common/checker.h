// What a checker of a recorded run is: a pure function of what was recorded; it has no clock, file, thread or
// socket. The table is checkers/checkers.h.
#pragma once

#include <string_view>

#include "checkers/common/budget.h"
#include "harness/core/run_record.h"
#include "harness/core/verdict.h"

namespace harness {

class Analysis;  // checkers/promises/analysis.h

struct CheckOptions {
  Budget budget;
  bool strict = false;  // plain linearizability is asked for: a lost write is a violation even in a window
};

struct Checker {
  std::string_view name;
  std::string_view promise;  // what the server promises, in a few words
  CheckResult (*check)(const Analysis&, const CheckOptions&);
};

}  // namespace harness

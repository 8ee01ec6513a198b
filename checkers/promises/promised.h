// Which promise an anomaly breaks: the rows and rules of checkers/PROMISES.md, so that every finding leads to
// the words that it is held against.
#pragma once

#include <string>
#include <string_view>

#include "harness/core/run_record.h"

namespace harness {

/// "row 9", "rule 3, row 7", "no crash"; of an expectation what the plan promises. Empty: no row says it, as
/// for the models of `check`, whose name is the promise.
std::string promise_of(std::string_view anomaly, const Plan& plan);

}  // namespace harness

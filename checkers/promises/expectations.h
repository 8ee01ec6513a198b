// What the plan itself promises: its expectations came true, and its commands were answered as it says.
//
// Anomalies: expectation:ID (the condition of step ID did not come to hold in time), unexpected-reply.
#pragma once

#include "checkers/common/checker.h"

namespace harness {

CheckResult check_expectations(const Analysis& analysis, const CheckOptions& options);

}  // namespace harness

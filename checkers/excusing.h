// How a violation whose reason may lie outside the server becomes a doubt.
#pragma once

#include <functional>
#include <string>

#include "harness/core/verdict.h"

namespace harness {

/// Takes out of `result` each violation for which `reason` has words, and leaves the first of them with its
/// reason, and the number of the others, as a doubt. A result without another violation is unknown then.
void excuse_violations(CheckResult& result, const std::function<std::string(const Anomaly&)>& reason);

}  // namespace harness

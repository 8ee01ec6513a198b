// A generator of unique identifiers: generate never returns one twice.
#pragma once

#include "checkers/common/model.h"
#include "harness/core/history.h"
#include "harness/core/verdict.h"

namespace harness {

/// Acknowledged results of generate must differ, within each key.
CheckResult check_unique_ids(const History& history, const ModelOptions& options);

}  // namespace harness

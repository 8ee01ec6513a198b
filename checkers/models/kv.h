// A key-value store of strings: get, put and append (which concatenates), each key linearizable.
#pragma once

#include "checkers/common/model.h"
#include "harness/core/history.h"
#include "harness/core/verdict.h"

namespace harness {

/// A key without appends is a register and takes its fast algorithms; with appends the general search
/// decides. The first value is "" unless options.initial; null means "" too. Options read: budget, initial.
CheckResult check_kv(const History& history, const ModelOptions& options);

/// The options under which a history without appends, and without gets of null, is one of registers.
ModelOptions kv_as_register(const ModelOptions& options);

}  // namespace harness

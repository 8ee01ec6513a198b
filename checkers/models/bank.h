// A bank: transfers between accounts, and reads of all balances.
#pragma once

#include "checkers/common/model.h"
#include "harness/core/history.h"
#include "harness/core/verdict.h"

namespace harness {

/// Every acknowledged read must show the same total, and no balance below zero (Jepsen's bank). A read's
/// value is an object of balances {"0": 10, ...} or an array of [account, balance] pairs or of balances. The
/// total is options.initial when that is an integer, else that of the first read.
CheckResult check_bank(const History& history, const ModelOptions& options);

}  // namespace harness

// Clients transfer amounts between the accounts of a bank, whose keys lie in one slot, and read all balances
// at once. A transfer is a script, or WATCH, MULTI and EXEC. An account that nobody touched holds `initial`.
// Each transfer counts the bank's state on by one, so that what was told can be put in order.
// Reveals transfers that are torn, lost, or made on balances that were not there any more.
//
// In the history (key: the bank's name, "bank:b1"; account 3 is the key "{bank:b1}.3"):
//   transfer  [from, to, amount] -> ok [from, to, amount, balance of from, balance of to, state] after
//             it; fail without an error: the funds did not suffice
//   read      nil -> ok [[account, balance], ..., [state]] of all accounts, by one MGET
#pragma once

#include <memory>
#include <span>

#include "harness/run/workload.h"

namespace harness {

std::span<const Parameter> bank_options();
std::unique_ptr<Workload> make_bank_workload(const WorkloadSetup& setup);

}  // namespace harness

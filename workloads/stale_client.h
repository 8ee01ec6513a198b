// The workload register by clients that keep the slot map they began with, and follow redirections without
// learning from them.
// Reveals old masters that go on serving (window b), and redirections that lead nowhere.
//
// In the history: as the workload register's.
#pragma once

#include <memory>
#include <span>

#include "harness/run/workload.h"

namespace harness {

std::span<const Parameter> stale_client_options();
std::unique_ptr<Workload> make_stale_client_workload(const WorkloadSetup& setup);

}  // namespace harness

// What the files of a node give: after an orderly end, a server of the same build loads a copy of them,
// alone, and is read whole.
#pragma once

#include <functional>
#include <vector>

#include "harness/cluster/cluster.h"
#include "harness/core/run_record.h"

namespace harness {

/// Loads the files of every node that was read whole before (`before`) and then ended in order. The server
/// has no cluster about it: nobody can give it the data that its files lack, and it keeps what belongs to
/// others. A node that does not load, or did not end in order, is incomplete, and says why. `goes_on` is told
/// every now and then how many are done; once it says no, the servers are killed, and what comes back is of
/// no use. REQUIRES: no node runs.
std::vector<FinalData> read_reloaded_data(
    Cluster& cluster, const std::vector<FinalData>& before,
    const std::function<bool(std::size_t done)>& goes_on = [](std::size_t) { return true; });

}  // namespace harness

// load-end.json of the store: what the nodes held when the load was over, before its final phase.
#pragma once

#include <filesystem>
#include <vector>

#include "harness/core/final_data.h"
#include "harness/evidence/tally.h"
#include "harness/run/store.h"

namespace harness {

std::filesystem::path load_end_file(const RunFiles& files);

/// In the form of final.json. Throws EnvironmentError.
void save_load_end(const RunFiles& files, const std::vector<FinalData>& data, Tally* tally = nullptr);

}  // namespace harness

// waits.jsonl of a store: how long each server had work and no processor (core/processor_wait.h).
#pragma once

#include <filesystem>
#include <vector>

#include "harness/core/processor_wait.h"
#include "harness/run/store.h"

namespace harness {

std::filesystem::path waits_file(const RunFiles& files);

/// Empty of stores that have none. Whether the file is as it was written is told by load_run with all others.
std::vector<ProcessorWait> load_waits(const RunFiles& files);

}  // namespace harness

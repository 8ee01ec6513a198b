// A run of the store as verbs that repeat or compare runs see it: judged again, by the checkers of today.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "harness/compare/violations.h"
#include "harness/core/plan.h"
#include "harness/run/store.h"

namespace harness {

struct StoredRun {
  RunFiles files;
  Plan plan;
  std::vector<std::string> builds;  // SHA-256 of each, in the order of the plan's SPECs
  Violations violations;
  Nanos first_violation = kNever;  // when the first one showed itself
  Nanos load_end = kNever;
};

/// Loads and judges the run without writing to its store. Throws UsageError for a run that is not there, or
/// that has no plan to repeat (an old store, or it cannot be carried out), and DamagedEvidence.
StoredRun stored_run(const std::filesystem::path& root, const std::string& run);

}  // namespace harness

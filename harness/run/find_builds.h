// The builds that runs will use are found, and compiled first where that must be.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "harness/builds/server.h"
#include "harness/core/plan.h"
#include "harness/run/progress.h"
#include "harness/sandbox/sandbox.h"

namespace harness {

/// Thrown when an interrupt ends a compilation.
struct StoppedBuilding {};

struct FindOptions {
  SandboxMode mode = SandboxMode::kLoopback;
  bool quick = false;         // compiled without optimization: of no use for measurements
  std::filesystem::path log;  // takes what the compilers say; empty: it is kept in the cache only
  /// SHA-256 of the builds of a stored run, in their order. Empty: any builds will do.
  std::vector<std::string> same = {};
};

/// The builds of a SPEC, or of several joined by commas. Fetching and compiling happens in a sandbox with the
/// machine's network, so that a harness that is killed leaves no compiler behind; what it made is in the
/// cache. Throws what resolve_servers throws, UsageError for others than the `same`, and StoppedBuilding.
std::vector<Server> find_builds(const std::string& specs, const FindOptions& options, Progress& progress);
/// All that the cluster's nodes run.
std::vector<Server> find_builds(const ClusterPlan& cluster, const FindOptions& options, Progress& progress);

}  // namespace harness

// A scenario: what cluster, what load, which faults in which order. Written in TOML (ci/scenarios holds the
// bundled ones, which are embedded in the executable).
#pragma once

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/builds/flavor.h"
#include "harness/core/run_record.h"
#include "harness/core/schedule.h"

namespace harness {

struct Scenario {
  std::string name;
  std::string description;

  std::string server = "redis";  // what --server would say; several separated by commas: a mixed cluster
  ClusterConfig cluster;
  Persistence persistence = Persistence::kStock;
  std::map<std::string, std::string> directives;  // further lines of every node's configuration

  std::string workload = "register";
  nlohmann::json workload_options = nlohmann::json::object();  // as far as they are given
  int concurrency = 24;                                        // processes, dealt to the client groups
  int client_groups = 1;                                       // each on a host of its own
  double rate = 5000;  // operations per second of all; 0: as fast as they go
  int operation_timeout_ms = 1000;

  double time_limit_s = 0;     // the schedule begins again until then; 0: it runs once
  double tail_s = 3;           // load after the last fault
  double settle_s = 0;         // patience for settling; 0: computed from the node timeout
  bool restart_at_end = true;  // dead nodes are started again before the cluster settles
  std::vector<StepTemplate> steps;
  std::vector<std::string> checks;  // names of checkers; empty: all
};

/// Throws UsageError with file, line and column for malformed TOML, and for a table, key, name or number that
/// a scenario cannot have (the nearest name is suggested).
Scenario parse_scenario(std::string_view toml, const std::string& source);

/// A bundled name, or a .toml file. Throws UsageError when it is neither.
Scenario load_scenario(const std::string& name_or_file);

struct BundledScenario {
  std::string_view name;
  std::string_view toml;
};
std::span<const BundledScenario> bundled_scenarios();

}  // namespace harness

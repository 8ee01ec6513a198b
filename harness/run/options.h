// What the command line of `run` may say, and how it changes a scenario.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/run/scenario.h"

namespace harness {

struct RunOptions {
  std::string scenario;
  std::optional<std::string> server;
  std::optional<std::uint64_t> seed;
  std::optional<double> time_limit_s;
  std::optional<int> masters;
  std::optional<int> replicas;
  std::optional<int> node_timeout_ms;
  std::optional<int> concurrency;
  std::optional<double> rate;
  std::vector<std::string> nemesis;
  std::optional<std::string> workload;
  std::string store = "store";
  std::string junit;
  std::string sandbox = "auto";  // auto, user, root, loopback
  bool json = false;
  bool strict = false;
  bool no_progress = false;
  bool quick_build = false;
  int repeat = 1;
};

/// The scenario with the options applied. Throws UsageError for names and shapes that cannot be.
Scenario effective_scenario(const RunOptions& options);

/// The steps for `--nemesis a,b`: each fault in turn, crashes followed by a restart. Throws UsageError for an
/// unknown fault; "none" alone gives no steps.
std::vector<StepTemplate> steps_for(const std::vector<std::string>& fault_names);

/// The command that repeats a run with this seed.
std::string reproduce_command(const RunOptions& options, std::uint64_t seed);

}  // namespace harness

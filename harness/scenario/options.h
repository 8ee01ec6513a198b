// What the command line of `run` may say, and how it changes a plan.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/scenario/scenario.h"

namespace harness {

struct RunOptions {
  std::string scenario;
  std::string plan;  // a plan's file, carried out as it stands
  std::string tag;   // every scenario with it
  std::optional<std::string> server;
  std::optional<std::string> upgrade_to;  // what faults that change the build restart nodes as
  std::optional<std::uint64_t> seed;
  std::optional<double> time_limit_s;
  std::optional<int> masters;
  std::optional<int> replicas;
  std::optional<int> node_timeout_ms;
  std::optional<int> concurrency;
  std::optional<double> rate;
  std::vector<std::string> nemesis;
  std::optional<std::string> workload;
  std::vector<std::string> directives;  // "NAME VALUE", of every node
  std::vector<std::string> known;       // lists of known violations (known_list.h)
  std::string store = "store";
  std::string junit;
  std::string sandbox = "auto";  // auto, user, root, loopback
  bool json = false;
  bool strict = false;
  bool no_progress = false;
  bool quick_build = false;
  int repeat = 1;
};

/// Throws UsageError for options that cannot stand together: one of a scenario, a plan and a tag; beside a
/// plan nothing that would change it, but for its builds.
void check_options(const RunOptions& options);

/// Faults or a workload alone are tried on a plain cluster: such options name its scenario then.
RunOptions with_a_scenario(RunOptions options);

/// The plan that the options ask for; of `scenario`, or of the plan's file. Throws UsageError for names and
/// shapes that cannot be.
Plan plan_for(const RunOptions& options, const std::string& scenario, std::uint64_t seed);

/// The bundled scenarios that have the tag.
std::vector<std::string> scenarios_tagged(const std::string& tag);
/// "no bundled scenario has the tag 'smok' (did you mean 'smoke'?)"
std::string no_such_tag(const std::string& tag);

/// The word as a shell takes it: quoted when it has to be.
std::string shell_word(const std::string& word);

/// The command that repeats a run with this seed.
std::string reproduce_command(const RunOptions& options, const std::string& scenario, std::uint64_t seed);

}  // namespace harness

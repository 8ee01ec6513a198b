#include "harness/verbs/run_command.h"

#include <sys/utsname.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <fstream>
#include <iostream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "checkers/checkers.h"
#include "harness/builds/server.h"
#include "harness/core/check.h"
#include "harness/core/suggest.h"
#include "harness/faults/faults.h"
#include "harness/run/conduct.h"
#include "harness/run/interrupt.h"
#include "harness/run/options.h"
#include "harness/run/store.h"
#include "harness/sandbox/sandbox.h"
#include "harness/verbs/command_line.h"
#include "harness/verbs/judgement.h"
#include "harness/verbs/verbs.h"
#include "workloads/workloads.h"

namespace harness {
namespace {

void declare(CLI::App& app, RunOptions& options) {
  app.add_option("SCENARIO", options.scenario, "a bundled scenario's name, or a .toml file")->required();
  app.add_option("--server", options.server,
                 "redis, valkey or bundled; a binary; a source tree or tarball; debian:NAME=VERSION; "
                 "A,B: a mixed cluster [the scenario's, else redis]");
  app.add_option("--seed", options.seed, "the number that every random choice comes from");
  app.add_option("--time-limit", options.time_limit_s,
                 "seconds of load; the schedule begins again until then")
      ->check(CLI::Range(0.0, 1e6));
  app.add_option("--masters", options.masters, "masters of the cluster");
  app.add_option("--replicas", options.replicas, "replicas of each master");
  app.add_option("--node-timeout", options.node_timeout_ms, "cluster-node-timeout in ms")
      ->check(CLI::Range(100, 3'600'000));
  app.add_option("--concurrency", options.concurrency, "logical processes")->check(CLI::Range(1, 10'000));
  app.add_option("--rate", options.rate, "operations per second of all; 0: as fast as they go")
      ->check(CLI::Range(0.0, 1e7));
  app.add_option("--nemesis", options.nemesis, "faults in place of the scenario's: a,b or none")
      ->delimiter(',');
  app.add_option("--workload", options.workload, "what the clients do");
  app.add_option("--store", options.store, "where runs are kept")->capture_default_str();
  app.add_option("--junit", options.junit, "write junit.xml here too");
  app.add_option("--sandbox", options.sandbox, "auto, user, root or loopback")
      ->check(CLI::IsMember({"auto", "user", "root", "loopback"}))
      ->capture_default_str();
  app.add_option("--repeat", options.repeat, "so many runs, with the seeds that follow")
      ->check(CLI::Range(1, 1'000'000));
  app.add_flag("--strict", options.strict,
               "ask for plain linearizability: no documented window allows a loss");
  app.add_flag("--quick-build", options.quick_build,
               "compile sources with libc's malloc and -O1: sooner, not for audits");
  app.add_flag("--json", options.json, "print results.json's object");
  app.add_flag("--no-progress", options.no_progress, "nothing on stderr but errors");
}

const WorkloadEntry& chosen_workload(const std::string& name) {
  if (const WorkloadEntry* workload = find_workload(name)) return *workload;
  std::vector<std::string_view> names;
  for (const WorkloadEntry& workload : workloads()) names.push_back(workload.name);
  throw UsageError("unknown workload '" + name + "'" + suggestion(name, names) +
                   ": 'harness list' shows them");
}

/// The scenario's one load, its options complete.
std::vector<LoadPlan> loads_of(const Scenario& scenario) {
  const WorkloadEntry& workload = chosen_workload(scenario.workload);
  LoadPlan load;
  load.name = load.workload = scenario.workload;
  load.concurrency = scenario.concurrency;
  load.client_groups = scenario.client_groups;
  load.rate = scenario.rate;
  load.operation_timeout_ms = scenario.operation_timeout_ms;
  load.options = load_options(workload, scenario.workload_options, scenario.name);
  return {load};
}

SandboxMode chosen_mode(const std::string& wish) {
  if (wish == "user") return SandboxMode::kUserNamespace;
  if (wish == "root") return SandboxMode::kRoot;
  if (wish == "loopback") return SandboxMode::kLoopback;
  return best_sandbox_mode();
}

/// What cannot be had here is said before anything is started.
void require_faults_possible(const Scenario& scenario, SandboxMode mode) {
  const Capabilities capabilities{mode != SandboxMode::kLoopback, {}};
  for (const StepTemplate& step : scenario.steps)
    if (const Fault* fault = find_fault(step.fault))
      if (const std::string why = fault->unavailable(capabilities); !why.empty())
        throw EnvironmentError("the fault '" + step.fault + "' cannot be had: " + why);
}

std::map<std::string, std::string> environment() {
  utsname system{};
  uname(&system);
  return {{"kernel", std::string(system.sysname) + " " + system.release},
          {"machine", system.machine},
          {"cores", std::to_string(std::thread::hardware_concurrency())},
          {"harness", HARNESS_VERSION}};
}

RunInfo describe(const RunOptions& options, const Scenario& scenario, std::uint64_t seed, int argc,
                 const char* const* argv) {
  RunInfo info;
  info.scenario = scenario.name;
  info.workload = scenario.workload;
  info.seed = seed;
  info.started_utc = utc_now("%Y-%m-%dT%H:%M:%SZ");
  info.argv.assign(argv, argv + argc);
  info.reproduce = reproduce_command(options, seed);
  info.config = scenario.cluster;
  info.time_limit_s = scenario.time_limit_s;
  info.concurrency = scenario.concurrency;
  info.rate = scenario.rate;
  info.strict = options.strict;
  info.environment = environment();
  return info;
}

std::string headline(const RunInfo& info) {
  std::string builds;
  for (const ServerInfo& server : all_servers(info))
    builds +=
        (builds.empty() ? "" : " + ") + build_name(server) + " (sha256 " + server.sha256.substr(0, 8) + "…)";
  return "harness " HARNESS_VERSION "   " + builds + "   seed " + std::to_string(info.seed) + "   " +
         std::to_string(info.config.masters) + " masters + " +
         std::to_string(info.config.masters * info.config.replicas) + " replicas   sandbox: " + info.mode;
}

/// A misspelt checker is refused before the run, not after it.
void require_known_checks(const Scenario& scenario) {
  std::vector<std::string_view> names;
  for (const Checker& checker : checkers()) names.push_back(checker.name);
  for (const std::string& check : scenario.checks)
    if (!find_checker(check))
      throw UsageError("unknown checker '" + check + "' in 'checks'" + suggestion(check, names) +
                       ": 'harness list' shows them");
}

/// The builds under test, compiled first when --server names sources. Fetching and compiling happens in a
/// bottle too, with the machine's network, so that a harness that is killed leaves no compiler behind; what
/// it made is in the cache.
std::vector<Server> find_servers(const RunPlan& plan, bool quick_build, Progress& progress) {
  const RunFiles& files = plan.files;
  const std::string& specs = plan.scenario.server;
  BuildOptions build;
  build.quick = quick_build;
  build.log = files.build_log();
  build.progress = [&](std::string_view what, int percent) {
    progress.update(std::string(what) + (percent < 0 ? "" : "  " + std::to_string(percent) + "%"));
  };
  try {
    run_in_sandbox(
        plan.mode,
        [&] {
          resolve_servers(specs, build);
          return kExitPass;
        },
        SandboxNetwork::kMachine);
    std::vector<Server> servers = resolve_servers(specs, build);
    progress.clear();
    return servers;
  } catch (const UsageError&) {
    std::filesystem::remove_all(files.directory);  // nothing was run: nothing half-done stays
    throw;
  }
}

/// One run, from the seed to the verdict. Returns its exit code.
int run_once(const RunOptions& options, std::uint64_t seed, int argc, const char* const* argv) {
  Progress progress(progress_style(!options.no_progress));
  RunPlan plan;
  plan.scenario = effective_scenario(options);
  plan.loads = loads_of(plan.scenario);
  plan.find_workload = find_workload;
  plan.mode = chosen_mode(options.sandbox);
  require_faults_possible(plan.scenario, plan.mode);
  require_known_checks(plan.scenario);
  progress.say("seed " + std::to_string(seed));

  set_seed_for_checks(seed);
  plan.info = describe(options, plan.scenario, seed, argc, argv);
  plan.info.mode = to_string(plan.mode);
  plan.files = create_run_directory(options.store, plan.scenario.name, seed);
  plan.info.id = plan.files.directory.filename().string();
  try {
    for (const Server& server : find_servers(plan, options.quick_build, progress)) {
      if (!plan.flavors.empty()) plan.info.peers.push_back(server.info);
      if (plan.flavors.empty()) plan.info.server = server.info;
      plan.flavors.push_back(server.flavor);
    }
    point_latest_at(plan.files);
    progress.say(headline(plan.info));
    const int ended = run_in_sandbox(plan.mode, [&] {
      catch_interrupts();
      conduct(plan, progress);
      return interrupted_by() == 0 ? kExitPass : kExitInterrupted;
    });
    if (ended == kExitInterrupted) {
      progress.say("interrupted: what was recorded is in " + plan.files.directory.string() +
                   "; judge it with 'harness report " + plan.info.id + "'");
      return kExitInterrupted;
    }
    if (ended != kExitPass) throw EnvironmentError("the run ended with exit code " + std::to_string(ended));
    const Judgement judgement =
        judge_and_report(plan.files, {plan.scenario.checks, options.strict, options.junit});
    print_result(judgement.record, judgement.verdict, plan.files, options.json);
    return judgement.verdict.exit_code;
  } catch (const EnvironmentError& error) {
    point_latest_at(plan.files);
    report_error(plan.files, plan.info, error.what());
    throw EnvironmentError(std::string(error.what()) + "\n  seed       " + std::to_string(seed) +
                           "\n  store      " + plan.files.directory.string() + "\n  reproduce  " +
                           plan.info.reproduce);
  }
}

/// For several runs a violation wins over an environment error, that over unknown, that over a pass.
int worse(int a, int b) {
  for (const int code : {kExitInterrupted, kExitViolation, kExitEnvironment, kExitUnknown})
    if (a == code || b == code) return code;
  return kExitPass;
}

}  // namespace

int run_command(int argc, const char* const* argv) {
  CLI::App app("one run of a scenario: start a cluster, load it, break it, judge it", "run");
  RunOptions options;
  declare(app, options);
  if (!parse_command_line(app, argc, argv)) return kExitPass;
  const std::uint64_t first_seed = options.seed.value_or(std::random_device{}() % 1'000'000);
  int code = kExitPass;
  for (int i = 0; i < options.repeat && code != kExitInterrupted; ++i) {
    try {
      code = worse(code, run_once(options, first_seed + static_cast<std::uint64_t>(i), argc, argv));
    } catch (const EnvironmentError& error) {
      if (options.repeat == 1) throw;
      std::cerr << "harness: " << error.what() << "\n";
      code = worse(code, kExitEnvironment);
    }
  }
  return code;
}

}  // namespace harness

#include "harness/run/execute.h"

#include <fnmatch.h>
#include <sys/utsname.h>

#include <algorithm>
#include <filesystem>
#include <thread>

#include "harness/builds/features.h"
#include "harness/builds/server.h"
#include "harness/conditions/conditions.h"
#include "harness/core/check.h"
#include "harness/core/exit_code.h"
#include "harness/faults/faults.h"
#include "harness/run/find_builds.h"
#include "harness/run/interrupt.h"
#include "harness/run/limits.h"
#include "harness/sandbox/disk_gate.h"
#include "harness/sandbox/fake_clock.h"

namespace harness {
namespace {

std::map<std::string, std::string> environment(const ExecuteOptions& options) {
  utsname system{};
  uname(&system);
  return {{"kernel", std::string(system.sysname) + " " + system.release},
          {"machine", system.machine},
          {"cores", std::to_string(std::thread::hardware_concurrency())},
          {"harness", options.harness_version}};
}

RunInfo describe(const Plan& plan, const RunFiles& files, const ExecuteOptions& options) {
  RunInfo info;
  info.id = files.directory.filename().string();
  info.scenario = plan.scenario;
  for (const LoadPlan& load : plan.loads) {
    info.workload += (info.workload.empty() ? "" : "+") + load.workload;
    info.concurrency += load.concurrency;
    info.rate += load.rate;
  }
  info.seed = plan.seed;
  info.started_utc = utc_now("%Y-%m-%dT%H:%M:%SZ");
  info.argv = options.argv;
  info.reproduce = options.reproduce;
  info.mode = to_string(options.mode);
  info.config = plan.cluster.config;
  info.time_limit_s = to_seconds(plan.limits.time_limit);
  info.strict = plan.limits.strict;
  info.environment = environment(options);
  return info;
}

std::string headline(const RunInfo& info, const ClusterPlan& cluster) {
  std::string builds;
  for (const ServerInfo& server : all_servers(info))
    builds +=
        (builds.empty() ? "" : " + ") + build_name(server) + " (sha256 " + server.sha256.substr(0, 8) + "…)";
  return "harness " + info.environment.at("harness") + "   " + builds + "   seed " +
         std::to_string(info.seed) + "   " + std::to_string(info.config.masters) + " masters + " +
         std::to_string(cluster.members() - info.config.masters) + " replicas   sandbox: " + info.mode;
}

/// The builds under test, compiled first when the plan names sources.
std::vector<Server> find_servers(const Plan& plan, const RunFiles& files, const ExecuteOptions& options,
                                 Progress& progress) {
  return find_builds(plan.cluster,
                     {options.mode, options.quick_build, files.build_log(), options.same_builds}, progress);
}

/// Said once, and kept with the run: these sources are not quite what was asked for.
void note_sources(const Server& server, RunInfo& info, Progress& progress) {
  if (server.note.empty()) return;
  info.environment["sources of " + server.info.spec] = server.note;
  progress.say(server.info.spec + ": " + server.note);
}

void conduct_in_bottle(RunPlan& run, Execution& execution, Progress& progress) {
  const int ended = run_in_sandbox(run.mode, [&] {
    catch_interrupts();
    conduct(run, progress);
    return interrupted_by() == 0 ? kExitPass : kExitInterrupted;
  });
  execution.interrupted = ended == kExitInterrupted || signal_passed_on() != 0;
  if (ended != kExitPass && !execution.interrupted)
    throw EnvironmentError("the run ended with exit code " + std::to_string(ended));
}

/// Whether some node refuses DEBUG, as the plan configures it.
bool refuses_debug(const ClusterPlan& cluster) {
  const auto refuses = [](const std::map<std::string, std::string>& directives) {
    const auto found = directives.find("enable-debug-command");
    return found != directives.end() && found->second == "no";
  };
  return refuses(cluster.directives) || std::ranges::any_of(cluster.nodes, [&](const auto& node) {
           return refuses(node.second.directives);
         });
}

constexpr std::string_view kStrongMode = "strong-mode";  // of the build: nothing of its is lost, ever

/// What `requires` names: a capability, faults by name or pattern, a condition. Empty: it is to be had.
std::string why_not_had(const std::string& name, const Plan& plan, const Capabilities& capabilities) {
  if (name == "network") return capabilities.network ? std::string() : needs_network(capabilities);
  if (name == "debug-command")
    return refuses_debug(plan.cluster) ? "its own directive enable-debug-command forbids DEBUG"
                                       : std::string();
  for (const Fault& fault : faults())
    if (fnmatch(name.c_str(), std::string(fault.name).c_str(), 0) == 0)
      if (std::string why = fault.unavailable(capabilities); !why.empty()) return why;
  // The bus path needs what cuts need: hosts with a network of their own.
  const Condition* condition = find_condition(name);
  return condition && condition->needs_bus_path ? needs_network(capabilities) : std::string();
}

/// What is tried costs a process: only where a fault of the plan needs it.
Capabilities capabilities_for(const Plan& plan, SandboxMode mode) {
  Capabilities capabilities;
  capabilities.network = mode != SandboxMode::kLoopback;
  const Gear gear = gear_of(plan);
  if (gear.disk_gate) capabilities.disk_gate = why_no_disk_gate().empty();
  if (gear.fake_clock) capabilities.fake_clock = find_fake_clock().has_value();
  return capabilities;
}

}  // namespace

std::string why_not_by(const Flavor& flavor, const Plan& plan) {
  const auto lacks = [&](const std::string& name, const std::string& mend) {
    return "the scenario requires '" + name + "', which " + std::string(to_string(flavor.kind)) + " " +
           flavor.version_text + " does not have: " + mend;
  };
  for (const std::string& name : plan.requires_) {
    if (name == kStrongMode && flavor.kind != FlavorKind::kBundled)
      return lacks(name, "give --server bundled");
    const auto feature = std::ranges::find(features(), name, &FeatureEntry::name);
    if (feature != features().end() && !flavor.has(feature->feature))
      return lacks(name, "it is there " + since(*feature));
  }
  return {};
}

std::string why_not_here(const Plan& plan, SandboxMode mode) {
  const Capabilities capabilities = capabilities_for(plan, mode);
  for (const std::string& name : plan.requires_)
    if (const std::string why = why_not_had(name, plan, capabilities); !why.empty())
      return "the scenario requires '" + name + "', and " + why;
  for (const StepPlan& step : plan.steps)
    if (const Fault* fault = fault_of(step))
      if (const std::string why = fault->unavailable(capabilities); !why.empty())
        return "the fault '" + step.name + "' cannot be had: " + why;
  return {};
}

Execution execute(const Plan& plan, const RunFiles& files, const ExecuteOptions& options,
                  Progress& progress) {
  Execution execution;
  execution.info = describe(plan, files, options);
  RunPlan run;
  run.plan = plan;
  run.find_workload = options.find_workload;
  run.judge_so_far = options.judge_so_far;
  run.mode = options.mode;
  run.files = files;
  try {
    require_limits(plan);
    save_plan(files, plan);
    for (const Server& server : find_servers(plan, files, options, progress)) {
      if (!run.flavors.empty()) execution.info.peers.push_back(server.info);
      if (run.flavors.empty()) execution.info.server = server.info;
      run.flavors.push_back(server.flavor);
      note_sources(server, execution.info, progress);
      if (const std::string why = why_not_by(server.flavor, plan); !why.empty()) throw EnvironmentError(why);
    }
    progress.say(headline(execution.info, plan.cluster));
    run.info = execution.info;
    conduct_in_bottle(run, execution, progress);
  } catch (const UsageError&) {
    std::filesystem::remove_all(files.directory);  // nothing was run: nothing half-done stays
    throw;
  } catch (const StoppedBuilding&) {
    std::filesystem::remove_all(files.directory);
    execution.interrupted = true;
  } catch (const EnvironmentError& error) {
    execution.error = error.what();
  }
  return execution;
}

}  // namespace harness

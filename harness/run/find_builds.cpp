#include "harness/run/find_builds.h"

#include "harness/core/exit_code.h"
#include "harness/run/interrupt.h"

namespace harness {
namespace {

/// What the first process of the sandbox does: it has no way to die of a signal that it does not catch.
int try_to_resolve(const std::string& specs, const BuildOptions& build) {
  catch_interrupts();
  try {
    resolve_servers(specs, build);
  } catch (const StoppedBuilding&) {
    return kExitInterrupted;
  }
  return kExitPass;
}

}  // namespace

std::vector<Server> find_builds(const std::string& specs, const FindOptions& options, Progress& progress) {
  BuildOptions build;
  build.quick = options.quick;
  build.log = options.log;
  build.progress = [&](std::string_view what, int percent) {
    if (interrupted_by() != 0) throw StoppedBuilding{};
    progress.update(std::string(what) + (percent < 0 ? "" : "  " + std::to_string(percent) + "%"));
  };
  const int ended = run_in_sandbox(
      options.mode, [&] { return try_to_resolve(specs, build); }, SandboxNetwork::kMachine);
  if (ended == kExitInterrupted || signal_passed_on() != 0) throw StoppedBuilding{};
  std::vector<Server> servers = resolve_servers(specs, build);
  progress.clear();
  return servers;
}

}  // namespace harness

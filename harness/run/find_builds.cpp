#include "harness/verbs/find_build.h"

#include "harness/core/exit_code.h"
#include "harness/run/interrupt.h"
#include "harness/suite/suite_run.h"

namespace harness {

std::vector<Server> find_build(const std::string& spec, SandboxMode mode, bool quick, Progress& progress) {
  BuildOptions build;
  build.quick = quick;
  build.progress = [&](std::string_view what, int percent) {
    if (interrupted_by() != 0) throw StoppedBuilding{};
    progress.update(std::string(what) + (percent < 0 ? "" : "  " + std::to_string(percent) + "%"));
  };
  const auto compile = [&] {
    catch_interrupts();
    try {
      resolve_servers(spec, build);
    } catch (const StoppedBuilding&) {
      return static_cast<int>(kExitInterrupted);
    }
    return static_cast<int>(kExitPass);
  };
  const int ended = run_in_sandbox(mode, compile, SandboxNetwork::kMachine);
  if (ended == kExitInterrupted || signal_passed_on() != 0) throw StoppedBuilding{};
  std::vector<Server> servers = resolve_servers(spec, build);
  progress.clear();
  return servers;
}

}  // namespace harness

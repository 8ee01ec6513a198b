#include "harness/run/find_builds.h"

#include "harness/cluster/shape.h"
#include "harness/core/check.h"
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

/// A replay that met another build would say nothing about the run that it repeats.
void require_same(const std::vector<Server>& servers, const std::vector<std::string>& sums) {
  if (sums.empty()) return;
  bool same = servers.size() == sums.size();
  for (std::size_t i = 0; same && i < sums.size(); ++i) same = servers[i].info.sha256 == sums[i];
  if (same) return;
  std::string now;
  for (const Server& server : servers) now += " " + server.info.spec + " " + server.info.sha256.substr(0, 8);
  std::string then;
  for (const std::string& sum : sums) then += " " + sum.substr(0, 8);
  throw UsageError("the builds are not those of the stored run (sha256" + then + "; now" + now +
                   "): give it back, or carry its plan out on what is there now, with 'harness run --plan'");
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
  require_same(servers, options.same);
  progress.clear();
  return servers;
}

std::vector<Server> find_builds(const ClusterPlan& cluster, const FindOptions& options, Progress& progress) {
  std::string specs;
  for (const std::string& spec : specs_of(cluster)) specs += (specs.empty() ? "" : ",") + spec;
  return find_builds(specs, options, progress);
}

}  // namespace harness

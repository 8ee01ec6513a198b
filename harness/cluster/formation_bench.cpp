// How long six servers take to become a cluster, by us and by `redis-cli --cluster create`, in turn on the
// same machine. Prints both and the ratio. "ready" is the same for both: every node's own view says so and
// every replica is synchronized. Usage: formation_bench [rounds]
#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "harness/cluster/build.h"
#include "harness/cluster/cluster.h"
#include "harness/core/wait.h"

namespace {

using namespace harness;
using Clock = std::chrono::steady_clock;
namespace fs = std::filesystem;

struct Measured {
  std::vector<double> formed;  // the command has returned
  std::vector<double> ready;   // and the cluster is ready
};

double ms_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void create_by_redis_cli(Cluster& cluster, const fs::path& folder) {
  std::vector<std::string> argv = {"redis-cli", "--cluster", "create"};
  for (const NodeInfo& info : cluster.infos()) argv.push_back(fmt::format("{}:{}", info.ip, info.port));
  argv.insert(argv.end(), {"--cluster-replicas", "1", "--cluster-yes"});
  run_tool(
      argv, folder, folder / "redis-cli.log", {}, [] {}, "install redis-tools");
}

/// What redis-cli's cluster must be to be as ready as ours; its node ids are its own affair.
bool ready(Cluster& cluster) {
  const Roles roles = cluster.look();
  for (int i = 0; i < cluster.size(); ++i) {
    const View& view = roles.view(i);
    if (!view.reachable || !view.cluster.state_ok || view.cluster.known_nodes != cluster.size()) return false;
    if (!view.replication.is_master && !view.replication.link_up) return false;
    const auto replicas = std::count_if(view.topology.nodes.begin(), view.topology.nodes.end(),
                                        [](const TopologyNode& n) { return n.is(kFlagReplica); });
    if (replicas != cluster.options().config.masters) return false;
  }
  return true;
}

/// `warm`: the servers have run long enough that none holds back because it has just booted.
void measure(bool ours, bool warm, Measured& measured) {
  const fs::path folder = fs::temp_directory_path() / fmt::format("formation-bench-{}", getpid());
  fs::create_directories(folder);
  {
    auto sandbox = make_sandbox(SandboxMode::kLoopback);
    ClusterOptions options;
    options.flavor = detect_flavor("redis-server");
    options.directory = folder / "nodes";
    Cluster cluster(*sandbox, options);
    auto begin = Clock::now();
    cluster.start();
    if (warm) {
      const auto booted = Clock::now();
      wait_until("the writable delay to pass", std::chrono::seconds(10),
                 [&] { return Clock::now() - booted > std::chrono::milliseconds(2500); });
      begin = Clock::now();
    }
    if (ours)
      cluster.form();
    else
      create_by_redis_cli(cluster, folder);
    measured.formed.push_back(ms_since(begin));
    wait_until("the cluster to be ready", std::chrono::seconds(60), [&] { return ready(cluster); });
    measured.ready.push_back(ms_since(begin));
  }
  fs::remove_all(folder);
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::max(1, std::atoi(argv[1])) : 5;
  for (const bool warm : {false, true}) {
    Measured ours;
    Measured theirs;
    for (int i = 0; i < rounds; ++i) {
      measure(true, warm, ours);
      measure(false, warm, theirs);
    }
    fmt::print(
        "{}: ours formed and ready {:.0f} ms; redis-cli returned {:.0f} ms, ready {:.0f} ms; ratio to its "
        "return {:.2f}, to ready {:.2f} (medians of {})\n",
        warm ? "servers long up " : "from the launch ", median(ours.formed), median(theirs.formed),
        median(theirs.ready), median(ours.formed) / median(theirs.formed),
        median(ours.formed) / median(theirs.ready), rounds);
  }
}

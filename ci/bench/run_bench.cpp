// Benchmarks of the run's machinery against stock tools, as ratios in one run, since machines are shared and
// noisy:
//
//   recorded operations per second   against redis-benchmark: same cluster, connections, mix, pipeline depth
//   1 time to form a cluster           against redis-cli --cluster create on servers just started
//
//   build/run_bench [--rounds N] [--seconds N] [--connections N] [--masters N] [--replicas N] [--node-timeout
//   MS]
//                   [--formation]          the shape is that of the cluster that is formed

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "harness/cluster/cluster.h"
#include "harness/core/check.h"
#include "harness/core/clock.h"
#include "harness/core/wait.h"
#include "harness/run/interpreter.h"
#include "harness/run/load_set.h"
#include "harness/run/recorder.h"
#include "harness/run/settle.h"
#include "harness/sandbox/sandbox.h"
#include "workloads/workloads.h"

namespace harness {
namespace {

struct BenchOptions {
  int rounds = 3;
  int seconds = 5;
  int connections = 50;
  int masters = 3;
  int replicas = 1;
  int node_timeout = 1500;
  bool formation_alone = false;
};

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

/// Runs a shell command and returns what it printed.
std::string output_of(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "r"), ::pclose);
  if (!pipe) throw EnvironmentError("cannot run " + command);
  std::string text;
  std::array<char, 4096> buffer;
  while (const std::size_t size = std::fread(buffer.data(), 1, buffer.size(), pipe.get()))
    text.append(buffer.data(), size);
  return text;
}

struct TemporaryDirectory {
  TemporaryDirectory() {
    char name[] = "/tmp/harness-bench-XXXXXX";
    path = ::mkdtemp(name);
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path); }
  std::filesystem::path path;
};

ClusterOptions cluster_options(const std::filesystem::path& directory, int masters, int replicas,
                               int node_timeout = 1500) {
  ClusterOptions options;
  options.flavors = {detect_flavor("redis-server")};
  options.config.masters = masters;
  options.config.replicas = replicas;
  options.config.node_timeout_ms = node_timeout;
  options.persistence = Persistence::kNone;
  options.directory = directory;
  return options;
}

/// GET and SET in equal shares, half of the connections' worth of work each, recorded.
double recorded_per_second(const Host& host, Cluster& cluster, const BenchOptions& bench) {
  const TemporaryDirectory directory;
  const RunClock clock;
  Recorder recorder(directory.path / "history.journal", clock);
  std::vector<ClientNode> nodes;
  std::vector<SlotRanges> shards;
  for (const NodeInfo& node : cluster.infos()) {
    recorder.node(node.name);
    nodes.push_back(
        {node.name, {boost::asio::ip::make_address(node.ip), static_cast<std::uint16_t>(node.port)}});
    shards.push_back(node.slots);
  }
  const WorkloadEntry& workload = *find_workload("register");
  const Parameters options = load_options(
      workload, {{"keys", 1000}, {"hot-keys", 0}, {"read", 0.5}, {"write", 0.5}, {"once", 0}}, "bench");
  ProcessNumbers processes;
  // As many threads as redis-benchmark --cluster takes: one a master.
  const int threads = cluster.size();
  std::vector<std::unique_ptr<LoadThread>> load;
  for (int share = 0; share < threads; ++share) {
    LoadOptions load_options;
    load_options.concurrency =
        bench.connections * (share + 1) / threads - bench.connections * share / threads;
    const WorkloadSetup setup{recorder, options, "bench:", shards, share, threads};
    load.push_back(std::make_unique<LoadThread>(
        [&] { host.enter(); }, nodes, workload.make(setup),
        Prng(1).split("operations", static_cast<std::uint64_t>(share)), load_options, recorder, processes));
  }
  const RunClock loaded;
  for (auto& thread : load) thread->start();
  wait_until("the measurement's end", std::chrono::seconds(bench.seconds + 60),
             [&] { return loaded.now() >= bench.seconds * kSecond; });
  const double per_second = static_cast<double>(recorder.operations_ok()) / to_seconds(loaded.now());
  for (auto& thread : load) thread->finish();
  return per_second;
}

/// redis-benchmark's requests per second: the harmonic mean of its SET and its GET run, as a mix of both
/// takes.
double redis_benchmark_per_second(const Host& host, Cluster& cluster, const BenchOptions& bench,
                                  double expected) {
  const int requests = static_cast<int>(expected * bench.seconds / 2);
  const std::string command = "redis-benchmark --cluster -h " + cluster.node(0).ip() + " -p " +
                              std::to_string(cluster.node(0).port()) +
                              " -t set,get -P 1 -r 1000 -d 6 --csv -c " + std::to_string(bench.connections) +
                              " -n " + std::to_string(requests) + " 2>/dev/null";
  // From the same host: over as many bridges as our clients.
  std::string csv;
  std::thread([&] {
    host.enter();
    csv = output_of(command);
  }).join();
  double set = 0;
  double get = 0;
  for (const auto& [name, figure] : {std::pair{"\"SET\",\"", &set}, std::pair{"\"GET\",\"", &get}}) {
    const auto at = csv.find(name);
    if (at == std::string::npos) throw EnvironmentError("redis-benchmark printed no figure:\n" + csv);
    *figure = std::strtod(csv.c_str() + at + std::string(name).size(), nullptr);
  }
  return 2 / (1 / set + 1 / get);
}

void bench_load(const BenchOptions& bench) {
  const TemporaryDirectory directory;
  const auto sandbox = make_sandbox(probe_sandbox().best);
  Cluster cluster(*sandbox, cluster_options(directory.path, 3, 0));
  cluster.start();
  cluster.form();
  const Host& host = sandbox->add_host("c1");
  std::vector<double> ratios;
  for (int round = 0; round < bench.rounds; ++round) {
    const double ours = recorded_per_second(host, cluster, bench);
    const double theirs = redis_benchmark_per_second(host, cluster, bench, ours);
    ratios.push_back(ours / theirs);
    std::printf("  round %d   recorded %.0f ops/s   redis-benchmark %.0f ops/s   ratio %.2f\n", round + 1,
                ours, theirs, ours / theirs);
  }
  std::printf("recorded operations / redis-benchmark        %.2f   (goal >= 0.9, %d connections)\n",
              median(ratios), bench.connections);
}

/// From servers that answer to a cluster that the formation calls formed.
double our_formation_seconds(const BenchOptions& bench) {
  const TemporaryDirectory directory;
  const auto sandbox = make_sandbox(probe_sandbox().best);
  Cluster cluster(*sandbox,
                  cluster_options(directory.path, bench.masters, bench.replicas, bench.node_timeout));
  cluster.start();
  const RunClock clock;
  cluster.form();
  return to_seconds(clock.now());
}

/// Every node's own word: state ok, each replica linked, each master with its replicas online.
bool each_is_ready(const std::vector<View>& views, const BenchOptions& bench) {
  const int nodes = bench.masters * (1 + bench.replicas);
  return std::ranges::all_of(views, [&](const View& view) {
    if (!view.reachable || !view.cluster.state_ok || view.cluster.known_nodes != nodes) return false;
    if (!view.replication.is_master) return view.replication.link_up;
    return view.replication.replicas.size() == static_cast<std::size_t>(bench.replicas) &&
           std::ranges::all_of(view.replication.replicas,
                               [](const AttachedReplica& replica) { return replica.state == "online"; });
  });
}

/// Every node sees every other one in the role and with the slots that it has by its own word.
bool all_agree(const std::vector<View>& views) {
  std::map<std::string, const TopologyNode*> own;
  for (const View& view : views)
    if (const TopologyNode* self = view.topology.myself()) own[self->id] = self;
  return std::ranges::all_of(views, [&](const View& view) {
    return std::ranges::all_of(view.topology.nodes, [&](const TopologyNode& seen) {
      const auto word = own.find(seen.id);
      return word != own.end() && seen.is(kFlagMaster) == word->second->is(kFlagMaster) &&
             seen.master_id == word->second->master_id && seen.slots == word->second->slots;
    });
  });
}

/// The same for redis-cli, followed by a wait for what our own formation waits for.
double redis_cli_formation_seconds(const BenchOptions& bench, double& create_alone) {
  const TemporaryDirectory directory;
  const auto sandbox = make_sandbox(probe_sandbox().best);
  Cluster cluster(*sandbox,
                  cluster_options(directory.path, bench.masters, bench.replicas, bench.node_timeout));
  cluster.start();
  std::string command = "redis-cli --cluster create";
  for (const NodeInfo& node : cluster.infos()) command += " " + node.ip + ":" + std::to_string(node.port);
  const RunClock clock;
  const std::string said =
      output_of(command + " --cluster-replicas " + std::to_string(bench.replicas) + " --cluster-yes 2>&1");
  create_alone = to_seconds(clock.now());
  if (said.find("All 16384 slots covered") == std::string::npos)
    throw EnvironmentError("redis-cli failed:\n" + said);
  const auto ready = [&] {
    const Roles roles = cluster.look(std::chrono::milliseconds(5000));
    return each_is_ready(roles.views(), bench) && all_agree(roles.views());
  };
  wait_until("redis-cli's cluster", std::chrono::seconds(300), ready);
  return to_seconds(clock.now());
}

void bench_formation(const BenchOptions& bench) {
  std::vector<double> ours;
  std::vector<double> theirs;
  std::vector<double> create;
  for (int round = 0; round < bench.rounds; ++round) {
    ours.push_back(our_formation_seconds(bench));
    double alone = 0;
    theirs.push_back(redis_cli_formation_seconds(bench, alone));
    create.push_back(alone);
    std::printf("  round %d   ours %.2f s   redis-cli --cluster create %.2f s, until ready %.2f s\n",
                round + 1, ours.back(), alone, theirs.back());
  }
  std::printf("our formation until ready / redis-cli until ready    %.2f   (goal <= 0.5)\n",
              median(ours) / median(theirs));
  std::printf("our formation until ready / redis-cli's own end      %.2f\n", median(ours) / median(create));
}

int run(const BenchOptions& bench) {
  bench_formation(bench);
  if (!bench.formation_alone) bench_load(bench);
  return 0;
}

}  // namespace
}  // namespace harness

int main(int argc, char** argv) {
  harness::BenchOptions bench;
  CLI::App app("the run's machinery against stock tools");
  app.add_option("--rounds", bench.rounds)->check(CLI::PositiveNumber);
  app.add_option("--seconds", bench.seconds)->check(CLI::PositiveNumber);
  app.add_option("--connections", bench.connections)->check(CLI::PositiveNumber);
  app.add_option("--masters", bench.masters)->check(CLI::Range(3, 1000));
  app.add_option("--replicas", bench.replicas)->check(CLI::Range(0, 5));
  app.add_option("--node-timeout", bench.node_timeout, "ms")->check(CLI::PositiveNumber);
  app.add_flag("--formation", bench.formation_alone);
  CLI11_PARSE(app, argc, argv);
  try {
    return harness::run_in_sandbox(harness::probe_sandbox().best, [&] { return harness::run(bench); });
  } catch (const std::exception& error) {
    std::cerr << "run_bench: " << error.what() << "\n";
    return 3;
  }
}

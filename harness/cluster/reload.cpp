#include "harness/cluster/reload.h"

#include <atomic>
#include <csignal>
#include <thread>

#include "harness/cluster/final_data.h"
#include "harness/core/check.h"

namespace harness {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kLoading(60'000);
constexpr std::chrono::milliseconds kReading(20'000);
constexpr std::size_t kAtOnce = 4;

/// Servers exit with 0 after SIGTERM, or leave the signal to end them.
bool ended_in_order(Node& node) {
  const auto end = node.poll();
  return end && (end->exit_code == 0 || end->signal == SIGTERM);
}

NodeOptions alone(const Node& node, const fs::path& directory) {
  NodeOptions options = node.options();
  options.directory = directory;
  options.settings.extra["cluster-enabled"] = "no";
  return options;
}

FinalData incomplete(int node, std::string why) {
  FinalData data;
  data.node = node;
  data.error = std::move(why);
  return data;
}

FinalData reload(Node& node, const FinalData& before) {
  if (!before.complete) return incomplete(before.node, "it could not be read whole before its end");
  if (!ended_in_order(node)) return incomplete(before.node, "it did not end in order");
  const fs::path directory = node.files().directory / "reload";
  std::error_code error;
  fs::create_directories(directory, error);
  if (!error) fs::copy(node.files().data(), NodeFiles{directory}.data(), fs::copy_options::recursive, error);
  if (error) return incomplete(before.node, "its files cannot be copied: " + error.message());
  FinalData data;
  try {
    Node server(alone(node, directory));
    server.start();
    server.wait_until_answering(kLoading);
    data = read_node(server, kReading, before.sample);
    server.kill();
  } catch (const EnvironmentError& trouble) {
    // A server that refuses its own files is what the run is to find out.
    return incomplete(before.node, std::string("it does not load its files: ") + trouble.what());
  }
  fs::remove_all(NodeFiles{directory}.data(), error);  // a copy; what it left is no harm
  return data;
}

}  // namespace

std::vector<FinalData> read_reloaded_data(Cluster& cluster, const std::vector<FinalData>& before) {
  std::vector<FinalData> all(before.size());
  std::atomic<std::size_t> next{0};
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < std::min(kAtOnce, before.size()); ++i)
    threads.emplace_back([&] {
      for (std::size_t k = next++; k < before.size(); k = next++)
        all[k] = reload(cluster.node(before[k].node), before[k]);
    });
  threads.clear();  // joins
  return all;
}

}  // namespace harness

#include "harness/cluster/reload.h"

#include <atomic>
#include <csignal>
#include <mutex>
#include <set>
#include <thread>

#include "harness/cluster/final_data.h"
#include "harness/core/check.h"

namespace harness {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kLoading(60'000);
constexpr std::chrono::milliseconds kReading(20'000);
constexpr std::chrono::milliseconds kLook(20);
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

/// The servers that are being read, so that whoever has no more patience can end them.
class Servers {
 public:
  void add(Node& server) {
    const std::lock_guard lock(mutex_);
    running_.insert(&server);
  }
  void remove(Node& server) {
    const std::lock_guard lock(mutex_);
    running_.erase(&server);
  }
  void end() {
    const std::lock_guard lock(mutex_);
    for (Node* server : running_) server->signal(SIGKILL);
  }

 private:
  std::mutex mutex_;
  std::set<Node*> running_;
};

/// A server that stands among them while it lives.
class Listed {
 public:
  Listed(Servers& servers, NodeOptions options) : servers_(servers), node_(std::move(options)) {
    servers_.add(node_);
  }
  ~Listed() { servers_.remove(node_); }
  Listed(const Listed&) = delete;
  Listed& operator=(const Listed&) = delete;

  FinalData read(int sample) {
    node_.start();
    node_.wait_until_answering(kLoading);
    FinalData data = read_node(node_, kReading, sample);
    node_.kill();
    return data;
  }

 private:
  Servers& servers_;
  Node node_;
};

FinalData reload(Node& node, const FinalData& before, Servers& servers) {
  if (!before.complete) return incomplete(before.node, "it could not be read whole before its end");
  if (!ended_in_order(node)) return incomplete(before.node, "it did not end in order");
  const fs::path directory = node.files().directory / "reload";
  std::error_code error;
  fs::create_directories(directory, error);
  if (!error) fs::copy(node.files().data(), NodeFiles{directory}.data(), fs::copy_options::recursive, error);
  if (error) return incomplete(before.node, "its files cannot be copied: " + error.message());
  FinalData data;
  try {
    data = Listed(servers, alone(node, directory)).read(before.sample);
  } catch (const EnvironmentError& trouble) {
    // A server that refuses its own files is what the run is to find out.
    return incomplete(before.node, std::string("it does not load its files: ") + trouble.what());
  }
  fs::remove_all(NodeFiles{directory}.data(), error);  // a copy; what it left is no harm
  return data;
}

}  // namespace

std::vector<FinalData> read_reloaded_data(Cluster& cluster, const std::vector<FinalData>& before,
                                          const std::function<bool(std::size_t done)>& goes_on) {
  std::vector<FinalData> all(before.size());
  Servers servers;
  std::atomic<std::size_t> next{0}, done{0};
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < std::min(kAtOnce, before.size()); ++i)
    threads.emplace_back([&] {
      for (std::size_t k = next++; k < before.size(); k = next++) {
        all[k] = reload(cluster.node(before[k].node), before[k], servers);
        ++done;
      }
    });
  while (done < before.size()) {
    if (!goes_on(done)) servers.end();   // those that begin meanwhile at the next look
    std::this_thread::sleep_for(kLook);  // the pace of looking, nothing waits for it
  }
  threads.clear();  // joins
  return all;
}

}  // namespace harness

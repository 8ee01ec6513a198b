// The cluster under test: its nodes, and how they are made one cluster.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/builds/flavor.h"
#include "harness/cluster/node.h"
#include "harness/cluster/roles.h"
#include "harness/core/run_record.h"
#include "harness/sandbox/sandbox.h"

namespace harness {

inline constexpr int kMaxNodes = 200;  // more would only measure the machine

/// Throws UsageError, with the mend, for a shape that no cluster can have: fewer than 3 masters (no majority
/// could replace one, and redis-cli refuses it too), negative replicas, more than kMaxNodes nodes.
void check_shape(int masters, int replicas);

struct ClusterOptions {
  /// The builds, at least one: dealt in turn to the masters, and so that a replica of a mixed cluster runs
  /// another build than its master (shard s, generation g: build (s + g) mod their number).
  std::vector<Flavor> flavors;
  ClusterConfig config;
  Persistence persistence = Persistence::kStock;
  std::map<std::string, std::string> directives;  // from the scenario, for every node
  std::filesystem::path directory;                // nodes/ of the store
  std::chrono::milliseconds start_timeout{30'000};
  std::chrono::milliseconds form_timeout{60'000};
  std::function<void(std::string_view)> progress;  // what is being waited for; may be empty
};

/// Nodes n1..nM are created as masters, the rest as replicas: n(M+1) of n1's shard and so on, round and
/// round, each on a host of its own. Destroying it kills every server.
///
/// Threads: everything but start() and form() may be called from several. Calls that talk to nodes do so from
/// the caller's network namespace: REQUIRES that the calling thread has entered a host of the sandbox.
class Cluster {
 public:
  /// Makes hosts, directories and configurations; starts nothing. Throws UsageError (check_shape).
  Cluster(Sandbox& sandbox, ClusterOptions options);
  ~Cluster();
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  /// Launches every server and waits until each answers.
  void start();
  /// Makes them one cluster, as `redis-cli --cluster create` would: even slot ranges, distinct config epochs.
  /// Ready on return: every node's own view says so and every replica is synchronized. Throws
  /// EnvironmentError that names what was missing when the patience ends.
  void form();

  int size() const { return static_cast<int>(nodes_.size()); }
  Node& node(int number) { return *nodes_.at(static_cast<std::size_t>(number)); }
  /// The machine that the node lives on, for network faults.
  Host& host(int number) { return *hosts_.at(static_cast<std::size_t>(number)); }
  const std::vector<NodeInfo>& infos() const { return infos_; }
  const ClusterOptions& options() const { return options_; }
  /// Whether no replica shares a host with its master; false only in loopback mode.
  bool anti_affinity() const { return anti_affinity_; }

  /// One look at every node, all at once; a node that does not answer in time is unreachable.
  Roles look(std::chrono::milliseconds timeout = std::chrono::milliseconds(300));
  /// The master that serves the slot now; null when nobody does.
  Node* master_of_slot(int slot);
  /// A synchronized replica of the node, the lowest number first; else any; null when it has none.
  Node* replica_of(const Node& master);
  /// Masters that serve slots now.
  std::vector<Node*> masters();

  /// Nothing when the views show the cluster whole and settled: state ok everywhere, each slot with one owner
  /// that all agree on, each shard of creation with one master and all its replicas, synchronized. Else the
  /// first thing that is missing, in words. Roles may have changed since the creation.
  std::optional<std::string> why_not_settled(const Roles& roles) const;

  std::vector<Incarnation> incarnations(Node::TimePoint zero) const;
  /// Ends every server, all at once: SIGTERM, SIGKILL after the grace.
  void stop(std::chrono::milliseconds grace = std::chrono::milliseconds(500));

 private:
  void say(std::string_view what) const;
  std::optional<std::string> why_not_formed(const Roles& roles) const;

  ClusterOptions options_;
  std::vector<NodeInfo> infos_;
  std::vector<Host*> hosts_;  // owned by the sandbox
  std::vector<std::unique_ptr<Node>> nodes_;
  bool anti_affinity_ = false;
};

}  // namespace harness

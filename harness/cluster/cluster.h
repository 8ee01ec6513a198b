// The cluster under test: its nodes, and how they are made one cluster.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "harness/builds/flavor.h"
#include "harness/cluster/node.h"
#include "harness/cluster/roles.h"
#include "harness/cluster/shape.h"
#include "harness/core/membership.h"
#include "harness/core/run_record.h"
#include "harness/sandbox/sandbox.h"

namespace harness {

/// What the plan says of the cluster, and what the run adds. Unless the plan says otherwise, masters are
/// created with even slots.
struct ClusterOptions : ClusterPlan {
  std::vector<Flavor> flavors;      // the builds, at least one, in the order of specs_of (shape.h)
  std::filesystem::path directory;  // nodes/ of the store
  bool disk_gate = false;           // nodes have one (node.h)
  bool fake_clock = false;
  std::chrono::milliseconds start_timeout{30'000};
  std::optional<std::chrono::milliseconds> form_timeout;  // nothing: as formation_patience() says
  std::function<void(std::string_view)> progress;         // what is being waited for; may be empty
};

/// Nodes n1..nM are created as masters, then come their replicas, round and round, then the spare ones, each
/// on a host of its own (shape.h). Destroying it kills every server.
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
  /// Makes the members one cluster, as `redis-cli --cluster create` would: distinct config epochs, and each
  /// master with the slots that the plan gives it. The spare ones stay alone.
  /// Ready on return: every node's own view says so and every replica is synchronized. Throws
  /// EnvironmentError that names what was missing when the patience ends.
  void form();

  int size() const { return static_cast<int>(nodes_.size()); }
  Node& node(int number) { return *nodes_.at(static_cast<std::size_t>(number)); }
  /// The node that serves clients at this address now.
  std::optional<int> node_at(std::string_view ip, int port) const;
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

  /// Who is meant to belong to the cluster now. What an administrator does (a node added or removed, slots
  /// moved) changes it: say so here, before the first command is sent.
  Membership membership() const;
  void change_membership(const std::function<void(Membership&)>& change);
  /// All that was intended so far, times counted from `zero`; the first since the beginning.
  std::vector<Intention> intentions(Node::TimePoint zero) const;

  /// Nothing when the views show the cluster whole and settled, as it is meant to be now (settled.h). Else
  /// the first thing that is missing, in words. Roles may have changed since the creation. `dead`: members
  /// that are not to come back.
  std::optional<std::string> why_not_settled(const Roles& roles, const std::set<int>& dead = {}) const;

  /// A member that was away when the others were told to forget a node: it lists that one until it is told.
  struct MissedForget {
    int member = -1;
    int node = -1;  // that was removed
    std::string id;
  };
  void missed_forget(MissedForget missed);
  /// All that were missed since the last call.
  std::vector<MissedForget> take_missed_forgets();

  std::vector<Incarnation> incarnations(Node::TimePoint zero) const;
  /// Ends every server, all at once: SIGTERM, SIGKILL after the grace.
  void stop(std::chrono::milliseconds grace = std::chrono::milliseconds(500));

 private:
  void say(std::string_view what) const;
  NodeOptions node_options(std::size_t number, const Host& host, SandboxMode mode) const;
  std::optional<std::string> why_not_formed(const Roles& roles) const;

  ClusterOptions options_;
  std::vector<NodeInfo> infos_;
  mutable std::mutex membership_mutex_;
  Membership membership_;                                        // guarded by membership_mutex_
  std::vector<std::pair<Node::TimePoint, Membership>> changes_;  // what it became, and when; guarded likewise
  std::vector<MissedForget> missed_forgets_;                     // guarded likewise
  std::vector<Host*> hosts_;                                     // owned by the sandbox
  std::vector<std::unique_ptr<Node>> nodes_;
  bool anti_affinity_ = false;
};

}  // namespace harness

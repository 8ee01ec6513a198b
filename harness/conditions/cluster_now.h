// The cluster as it is now: what conditions are judged by. One of these is made for each poll; each thing is
// asked at most once, when the first condition wants it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/cluster/cluster.h"
#include "harness/cluster/target.h"
#include "harness/core/bus_log.h"
#include "harness/core/prng.h"

namespace harness {

/// Where a run stood at one instant: conditions count from there.
struct Mark {
  std::vector<std::uintmax_t> log_sizes;              // bytes of each node's log
  std::map<std::string, std::uint64_t> acknowledged;  // operations of each load
  BusCounts bus;                                      // messages of each link
};

/// What a run lends to its conditions. Callbacks that are empty stand for "there is none".
struct ConditionScene {
  Cluster& cluster;
  std::function<Roles()> look;  // a look at every node that begins now or later; empty: Cluster::look
  std::function<std::map<std::string, std::uint64_t>()> acknowledged;  // operations of each load so far
  std::function<std::vector<int>()> held;    // nodes that a fault in force keeps from answering
  std::map<std::string, std::string> saved;  // replies that commands before have saved
  std::vector<int> previous;                 // nodes that the fault before acted on
  std::function<BusCounts()> bus = {};       // messages of the cluster bus so far; empty: they are not seen
};

/// Sizes of the logs and counts of the loads, as they are now.
Mark mark_now(const ConditionScene& scene);

class ClusterNow {
 public:
  /// `logs`: where log conditions count from; `operations`: the same for operations.
  ClusterNow(const ConditionScene& scene, const Mark& logs, const Mark& operations, Prng prng)
      : scene_(scene), logs_(logs), operations_(operations), prng_(prng) {}

  Cluster& cluster() const { return scene_.cluster; }
  const ConditionScene& scene() const { return scene_; }
  const Roles& roles();
  const std::string& name(int node) const {
    return scene_.cluster.infos()[static_cast<std::size_t>(node)].name;
  }

  /// The nodes that a target names now; empty with the reason in `problem`.
  std::vector<int> nodes(std::string_view target, std::string& problem);
  /// The same for targets that name one node; nothing with the reason.
  std::optional<int> node(std::string_view target, std::string& problem);

  /// Members whose word counts for "all": the process runs, and no fault keeps it from answering.
  std::vector<int> live_members();
  /// Masters with slots that answer, and how many of them are a majority of the cluster's masters.
  std::vector<int> voters();
  std::size_t majority();

  const std::vector<std::uintmax_t>& log_marks() const { return logs_.log_sizes; }
  /// Acknowledged operations since the mark: of one load, or of all when the name is empty. Nothing when
  /// there is no such load.
  std::optional<std::uint64_t> operations(const std::string& load) const;
  /// Messages of the cluster bus since the mark of the logs. Nothing when they are not seen.
  std::optional<std::uint64_t> messages(const BusCountQuery& query) const;

  TargetScope scope() { return {scene_.cluster, prng_, scene_.previous}; }

 private:
  const ConditionScene& scene_;
  const Mark& logs_;
  const Mark& operations_;
  Prng prng_;
  std::optional<Roles> roles_;
};

/// Whose views a condition asks: `by` = "all", "majority" or a node.
/// Calls `why_not(node, view)` for each of them; nothing when they agree, else the first reason.
std::optional<std::string> ask_views(
    ClusterNow& now, const std::string& by,
    const std::function<std::optional<std::string>(int node, const View& view)>& why_not);

}  // namespace harness

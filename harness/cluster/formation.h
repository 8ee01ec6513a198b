// How servers become one cluster in a fraction of the time that `redis-cli --cluster create` takes.
//
// What makes redis-cli slow is gossip: it introduces every node to the first only, sleeps a second at a time,
// and what a node serves travels in random pings, one a second. Here every pair is introduced to each other
// at once, so that each knows all after one tick of the cluster's cron (100 ms). The handshake itself does
// not carry slots and roles (its sender is still unknown), so a second MEET follows: a node that knows the
// sender takes it as a ping, and learns slots, epoch and role from its header within another tick. Any round
// that is lost is made up by gossip.
//
// Then there are two delays that hold a master back, but no replica: for 2 s after its boot it does not serve
// (CLUSTER_WRITABLE_DELAY in the servers' cluster code), nor for the node timeout (0.5 to 5 s) after it was
// last without a majority, which is what a node without slots believes itself to be (rejoin delay). So, where
// every shard with slots has a replica, the first of each stands in for its master: it gets the slots first,
// the master-to-be replicates it, and is promoted by CLUSTER FAILOVER TAKEOVER as soon as it serves. The
// shards end as they were planned, with greater, still distinct config epochs.
//
// A further replica joins only when the master is promoted. One that followed the stand-in could hear that it
// has become a replica before it hears of the new owner, and then stays the replica of a replica.
//
// All this is for clusters of up to some twenty nodes. Of more, each node is introduced to a few others first
// and gossip brings the rest, and there are no stand-ins: promoting one master after the other would take
// longer than it saves. Every pair is introduced once in the end, when it has slots and roles to tell of.
//
// Asking costs the servers as much as answering costs us, so a node that has what a step waits for is not
// asked again in that step, and the pauses between two rounds are as long as the rounds.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/builds/flavor.h"
#include "harness/client/connection.h"
#include "harness/cluster/node.h"
#include "harness/cluster/roles.h"
#include "harness/cluster/settled.h"
#include "harness/core/check.h"

namespace harness {

/// The servers had all the time they need, and answered at once, yet did not become one cluster: that is
/// their own doing, and no trouble of this machine.
class NotFormed : public EnvironmentError {
 public:
  NotFormed(const std::string& message, std::string missing_in, std::chrono::milliseconds patience_in)
      : EnvironmentError(message), missing(std::move(missing_in)), patience(patience_in) {}
  std::string missing;  // "n4 has not heard of the role, slots or epoch of n7"
  std::chrono::milliseconds patience;
};

/// Many times what servers need that work: twenty node timeouts (5 s at least), and a second a node. So long
/// may nothing become better.
std::chrono::milliseconds formation_patience(int node_timeout_ms, int nodes);

class Formation {
 public:
  using WhyNot = std::function<std::optional<std::string>(const Roles&)>;
  using Disagreement = std::function<Unsettled(const Roles&)>;

  /// Fills in the ids of `infos`. REQUIRES: the nodes answer, and the members among them are empty.
  Formation(const std::vector<std::unique_ptr<Node>>& nodes, std::vector<NodeInfo>& infos);

  /// Throws EnvironmentError: a node refused a command, died, or `why_not` was not satisfied in time;
  /// NotFormed when the servers are to blame for the last. The patience begins anew whenever more nodes than
  /// ever have what a step waits for, and ends for good when it has passed kPatiences times.
  void run(std::chrono::milliseconds timeout, const WhyNot& why_not, const Disagreement& disagreement);
  static constexpr int kPatiences = 4;

 private:
  using Commands = std::vector<Command>;
  using TimePoint = std::chrono::steady_clock::time_point;
  /// What a node's replies still lack, in words; nothing: it is done.
  using Lacks = std::function<std::optional<std::string>(std::size_t node, const std::vector<Reply>&)>;

  /// A server with a `timeout` closes what lies idle: there its commands are sent once more, by a new
  /// connection.
  std::vector<std::vector<Reply>> ask_all(const std::vector<Commands>& commands);
  /// The same, and an error reply is fatal.
  void tell_all(const std::vector<Commands>& commands);
  Roles look();
  /// Asks these nodes, and again those that lack something, until none does.
  void wait_for_each(std::vector<std::size_t> nodes, const Commands& commands, const Lacks& lacks);
  void wait_for_all(const WhyNot& why_not, const Disagreement& disagreement);
  /// What a step waits for has been reached by all but so many.
  void note_progress(std::size_t missing);
  /// Between two rounds: throws when a node has ended or the time is up.
  void pause(std::chrono::steady_clock::duration round, const std::string& why, int blamed = -1);
  [[noreturn]] void time_is_up(std::string why, int blamed);
  [[noreturn]] void give_up(std::size_t node, const std::string& why);

  Connection connect_to(std::size_t node);
  void connect();
  /// A new connection in the place of the node's old one.
  Connection& renew(std::size_t node);
  void read_ids();
  void set_epochs_and_slots();
  /// CLUSTER MEET by one member of another, where `which` says so of the two.
  std::vector<Commands> introductions(const std::function<bool(std::size_t, std::size_t)>& which) const;
  std::vector<Commands> meet_a_few() const;
  void wait_until_acquainted();
  void promote_the_masters();
  /// Every replica follows its shard's master, whatever it followed before.
  void gather_the_replicas();

  std::size_t master_of(std::size_t node) const { return static_cast<std::size_t>(infos_[node].shard); }
  /// The node that holds the slots of this one's shard first: its master, or the stand-in.
  std::size_t first_holder(std::size_t node) const;
  std::vector<std::size_t> those(const std::function<bool(const NodeInfo&)>& which) const;

  const std::vector<std::unique_ptr<Node>>& nodes_;
  std::vector<NodeInfo>& infos_;
  std::vector<std::size_t> members_;
  bool small_ = true;  // few enough that every pair is introduced, and stand-ins pay
  bool stand_ins_ = false;
  std::vector<Connection> connections_;
  std::chrono::milliseconds patience_{};
  TimePoint began_;
  TimePoint deadline_;           // of patience, unless there is progress
  TimePoint end_;                // of all of them
  std::size_t least_missing_{};  // of the step under way
  std::chrono::steady_clock::duration slowest_round_{};
};

}  // namespace harness

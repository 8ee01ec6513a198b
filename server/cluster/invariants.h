// The promises of the cluster, watched over many nodes at once. Used by the simulation after every step; fed
// with what nodes believe (their State), what they made durable, and what they say on the bus. Source: Redis
// Cluster specification ("Configuration epoch", "Replica election"), and the house's list of facts.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "server/cluster/message.h"
#include "server/cluster/state.h"

namespace node::cluster {

/// What a node would know after a crash at this moment.
struct Durable {
  std::uint64_t current_epoch = 0;
  std::uint64_t last_vote_epoch = 0;
  std::uint64_t config_epoch = 0;  // of myself, while a master
};
/// From nodes.conf: the "vars" line, and myself's.
Durable read_durable(std::string_view nodes_conf);

/// The cross references inside one state; what is wrong, or nothing. Costs a pass over all slots.
std::optional<std::string> check_structure(const State& state);

/// One instance watches one cluster from its birth on. The first broken promise stays in violation().
class Watch {
 public:
  /// A node's state between two steps (after its actions were performed). Detects epochs that go back, and
  /// two claimants of one slot under one epoch, two winners of one epoch.
  void observe(const State& state);
  /// A message leaves its sender: nothing it says may be undone by a crash. Detects a second vote in an
  /// epoch, and votes and epochs used before they were durable.
  void on_send(std::string_view bytes, const Durable& durable, const NodeId& receiver);
  /// The node remembers no more than this. The currentEpoch that others told it may go back; votes, and
  /// epochs of its own making, may not.
  void on_power_cut(const NodeId& node, const Durable& durable);
  /// The administrator made this node a master without a vote (TAKEOVER). Who does that inside a partition
  /// makes a second majority, so from here on two may win one epoch: collision resolution has to mend it
  /// (check_converged sees that).
  void on_takeover(const NodeId& node);
  /// CLUSTER RESET HARD and the like: this id is not to be seen again.
  void forget(const NodeId& node);

  /// Something else broke (check_structure).
  void observe_failure(std::string text) { fail(std::move(text)); }

  /// From here on it tells nothing: others judge what comes.
  void close_eyes() { blind_ = true; }

  const std::optional<std::string>& violation() const { return violation_; }
  /// Rare events seen, to show that the checks had something to check.
  int votes_seen() const { return static_cast<int>(votes_.size()); }
  int promotions_seen() const { return static_cast<int>(winners_.size()); }

 private:
  struct Seen {
    std::uint64_t current_epoch = 0;
    std::uint64_t vote_epoch = 0;
    std::uint64_t config_epoch = 0;  // while a master
    bool master = true;
    bool elected = false;  // config_epoch was won by votes
    bool takeover = false;
    SlotSet slots;
  };
  struct Claim {
    NodeId node;
    SlotSet slots;
    bool elected;
  };
  void fail(std::string text);
  void check_not_back(const NodeId& id, std::string_view what, std::uint64_t before, std::uint64_t after);
  void check_claims(const NodeId& id, const Seen& seen);

  bool blind_ = false;
  std::map<NodeId, Seen> seen_;
  std::map<std::pair<NodeId, std::uint64_t>, NodeId> votes_;  // (voter, epoch) -> candidate
  std::map<std::uint64_t, NodeId> winners_;
  std::map<std::uint64_t, std::vector<Claim>> claims_;  // by epoch
  bool takeovers_ = false;
  std::optional<std::string> violation_;
};

/// Whether all nodes agree, with everything well: same owners, roles and epochs, nobody suspected, all slots
/// owned by masters that claim them, different epochs. What is not so, or nothing. States are those of all
/// living nodes.
std::optional<std::string> check_converged(const std::vector<const State*>& states);

}  // namespace node::cluster

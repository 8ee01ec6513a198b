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
// shards have replicas, one stands in for each master: it gets the slots first, the master-to-be replicates
// it, and is promoted by CLUSTER FAILOVER TAKEOVER as soon as it serves. The shards end as they were planned,
// with greater, still distinct config epochs.
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

namespace harness {

class Formation {
 public:
  using WhyNot = std::function<std::optional<std::string>(const Roles&)>;

  /// Fills in the ids of `infos`. REQUIRES: the nodes answer and are empty.
  /// `stand_ins`: get round the delays of masters. REQUIRES: then, that every shard has a replica.
  Formation(const std::vector<std::unique_ptr<Node>>& nodes, std::vector<NodeInfo>& infos, bool stand_ins);

  /// Throws EnvironmentError: a node refused a command, died, or `why_not` was not satisfied in time.
  void run(std::chrono::milliseconds timeout, const WhyNot& why_not);

 private:
  using Commands = std::vector<Command>;

  std::vector<std::vector<Reply>> ask_all(const std::vector<Commands>& commands);
  /// The same, and an error reply is fatal.
  void tell_all(const std::vector<Commands>& commands);
  Roles look();
  void wait(std::chrono::steady_clock::time_point deadline, const WhyNot& why_not);
  [[noreturn]] void give_up(std::size_t node, const std::string& why);

  void connect();
  void read_ids();
  void set_epochs_and_slots();
  /// CLUSTER MEET of every other, by the nodes that `introduces` picks.
  std::vector<Commands> meet_from(const std::function<bool(std::size_t)>& introduces) const;
  void promote_the_masters(std::chrono::steady_clock::time_point deadline);

  /// The node that holds the shard's slots first: its master, or the stand-in.
  std::size_t first_holder(int shard) const;
  std::optional<std::string> why_strangers(const Roles& roles) const;

  const std::vector<std::unique_ptr<Node>>& nodes_;
  std::vector<NodeInfo>& infos_;
  const bool stand_ins_;
  std::vector<Connection> connections_;
};

}  // namespace harness

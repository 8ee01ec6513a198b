// What the rooms of the cluster share: the state, the inputs of the moment and the actions they append.
#pragma once

#include <fmt/format.h>

#include <array>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "server/cluster/action.h"
#include "server/cluster/host.h"
#include "server/cluster/message.h"
#include "server/cluster/prng.h"
#include "server/cluster/state.h"
#include "server/cluster/strong.h"

namespace node::cluster {

/// A replica's attempt to be voted master (election.cpp).
struct Election {
  Ms at = 0;               // when to ask for votes: in the past once asked
  std::set<NodeId> votes;  // who voted for us in `epoch`
  bool asked = false;
  int rank = 0;
  std::uint64_t epoch = 0;
  std::string_view obstacle;  // why it does not go on, as last logged
  Ms obstacle_logged = 0;

  /// It is over: the next one is scheduled anew, and wins by votes of its own (valkey#1711).
  void forget() {
    at = kLongAgo;
    asked = false;
    votes.clear();
  }
  static constexpr Ms kLongAgo = std::numeric_limits<Ms>::min() / 4;
};

/// CLUSTER FAILOVER in progress, on the master and on the replica (manual_failover.cpp).
struct ManualFailover {
  Ms end = 0;               // 0: none in progress
  Node* replica = nullptr;  // on the master: who asked
  /// On the master. The offset counts only once the node holds its clients: until then it may still grow.
  enum class Pause : std::uint8_t { kNone, kAsked, kHandedOut, kInForce } pause = Pause::kNone;
  std::int64_t master_offset =
      -1;                  // on the replica: where the paused master's stream ends; -1: not known yet
  bool can_start = false;  // on the replica: the stream is applied up to there, or FORCE
};

/// Work put off to drain(), so that many inputs cost one pass (and one fsync).
struct Todo {
  bool failover = false;
  bool manual_failover = false;
  bool update_state = false;
  bool save = false;
  bool fsync = false;
};

struct BusStats {
  std::array<std::int64_t, kMessageTypes> sent{};
  std::array<std::int64_t, kMessageTypes> received{};
  std::uint64_t links_over_limit = 0;
};

/// Where a node listens, in its own words.
struct Address {
  std::string ip;
  int port;
  int cport;
  auto operator<=>(const Address&) const = default;
};

struct Context {
  Context(Config config_, Host& host_, std::uint64_t seed)
      : config(std::move(config_)), host(host_), prng(seed) {}

  Config config;
  Host& host;
  Prng prng;
  State state;
  Ms now = 0;
  Actions actions;
  Todo todo;
  std::map<LinkId, std::unique_ptr<Link>> links;
  LinkId next_link = 1;
  std::map<NodeId, Ms> banned;  // FORGET: until when a node is not learned again through gossip
  /// Who did not answer our handshake in time, and may have taken us in all the same (valkey#1307).
  std::set<Address> unanswered;
  Election election;
  ManualFailover manual;
  std::unique_ptr<strong::Strong> strong;  // null: the mode is off
  std::vector<NodeId> founders;            // as they were at the last tick, before the founding
  Ms founders_since = 0;
  bool served_strongly = false;  // it had a seat since it started
  BusStats stats;
  NodeId heir;  // the replica of mine that I voted for: see election::on_request
  Ms heir_vote_time = 0;
  std::uint64_t pings_sent = 0;  // also the mark of the nodes a ping gossiped about
  std::uint64_t ticks = 0;
  Ms unsynced_since = 0;          // nodes.conf holds what is not on disk yet; 0: nothing
  int pfail_nodes = 0;            // at the last tick
  bool following = false;         // the node was told to replicate from somebody
  Ms started = 0;                 // the first state update: masters accept nothing for a while after boot
  Ms minority_time = -1'000'000;  // when the majority was last out of reach

  Node& me() { return *state.myself; }
  bool is_me(const Node* node) const { return node == state.myself; }

  template <typename... Args>
  void log(LogLevel level, fmt::format_string<Args...> format, Args&&... args) {
    actions.push_back(Log{level, fmt::format(format, std::forward<Args>(args)...)});
  }
  /// What others told us, or a command that can be repeated: in the file before the messages and replies that
  /// follow, so that a killed process remembers it, and on disk within a second, so that many such changes
  /// cost one fsync. What a power cut takes back, others tell again.
  void save_soon() { todo.save = true; }
  /// A vote, an epoch that this node makes its own: on disk before anybody hears of it.
  void save_synced() { todo.save = todo.fsync = true; }
  void update_soon() { todo.update_state = true; }
};

}  // namespace node::cluster

/// The seam between the half of the node that serves clients (sockets, keys, commands) and the half that is the
/// cluster (bus, gossip, election, migration state, replication protocol). The second half is a set of pure
/// state machines without sockets, files and clocks (DESIGN.md, house rule 4); this header is all that the
/// command room knows of it, so that either half builds and tests without the other.
///
/// Direction "commands -> cluster": ClusterPort, implemented by the node over server/cluster.
/// Direction "cluster -> node": on_tick and on_message of server/cluster return actions; the node performs them in
/// order, and a SaveConfig among them is written and fsynced before any send that follows it in the list:
///   connect / close / send bytes on a bus link, save nodes.conf, start replicating from host:port, become master,
///   delete the keys of a slot, pause clients, deliver a published message, log a line.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace node {

inline constexpr int kSlots = 16384;

/// What happens with a command before it runs in cluster mode (Redis Cluster specification, "Redirection").
enum class RouteKind : std::uint8_t {
  serve,
  moved,          ///< -MOVED slot host:port
  ask,            ///< -ASK slot host:port
  cross_slot,     ///< -CROSSSLOT Keys in request don't hash to the same slot
  try_again,      ///< -TRYAGAIN Multiple keys request during rehashing of slot
  down_state,     ///< -CLUSTERDOWN The cluster is down
  down_readonly,  ///< -CLUSTERDOWN The cluster is down and only accepts read commands
  down_unbound,   ///< -CLUSTERDOWN Hash slot not served
};

struct Route {
  RouteKind kind = RouteKind::serve;
  int slot = -1;
  std::string endpoint;  ///< "host:port" for moved and ask
};

/// One command (or one whole MULTI) whose keys all hash to `slot`; several slots were refused before.
struct RouteQuery {
  int slot = -1;
  bool write = false;           ///< the command may write
  bool multiple_keys = false;   ///< it names more than one distinct key
  bool asking = false;          ///< the client sent ASKING just before
  bool client_readonly = false; ///< the client sent READONLY
  bool shard_pubsub = false;    ///< SSUBSCRIBE, SUNSUBSCRIBE or SPUBLISH
  bool migrate = false;         ///< the command is MIGRATE: runs while slots are open
  /// How many of the command's keys are absent here; asked only while the slot is migrating or importing.
  std::function<int()> missing_keys;
};

/// What the client's connection looks like, where a reply depends on it.
struct ClusterCaller {
  int resp = 2;
  bool in_transaction = false;
};

/// What only the node knows and CLUSTER subcommands ask (COUNTKEYSINSLOT, RESET and REPLICATE refuse when
/// there are keys, ...). Passed by the node to server/cluster.
struct KeyspaceView {
  virtual ~KeyspaceView() = default;
  virtual std::uint64_t keys_total() const = 0;
  virtual std::uint64_t keys_in_slot(int slot) const = 0;
  virtual void keys_of_slot(int slot, std::uint64_t limit,
                            const std::function<void(std::string_view)>& each) const = 0;
};

/// What the command room asks of the cluster. Absent (null) when cluster-enabled is no.
struct ClusterPort {
  virtual ~ClusterPort() = default;
  virtual Route route(const RouteQuery& query) = 0;
  /// CLUSTER <sub> …: argv is the whole command. Returns the reply, already in RESP of `caller.resp`.
  virtual std::string command(std::span<const std::string_view> argv, const ClusterCaller& caller) = 0;
  /// Sends PUBLISH (or, with shard, SPUBLISH) to the nodes that must hear of it.
  virtual void publish(std::string_view channel, std::string_view payload, bool shard) = 0;
  virtual bool state_ok() const = 0;
  virtual bool is_replica() const = 0;
  /// Whether this node serves the slot as its master (keys of other slots are dropped when loaded).
  virtual bool owns_slot(int slot) const = 0;
};

}  // namespace node

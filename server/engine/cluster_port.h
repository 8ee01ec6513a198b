/// The seam between the half of the node that serves clients (sockets, keys, commands) and the half that is
/// the cluster (bus, gossip, election, migration state). The second half is a set of pure state machines
/// (ARCHITECTURE.md, house rule 4; server/cluster/cluster.h says how they are driven); this header is all
/// that the command room knows of it, so that either half builds and tests without the other. The node
/// implements it.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace node {

/// A command (or a whole MULTI, keys and flags merged) as routing sees it.
struct RouteQuery {
  std::span<const std::string_view> keys;  ///< channels, for the sharded pub/sub commands
  bool write = false;
  bool asking = false;
  bool readonly = false;  ///< the client sent READONLY
  bool shard_pubsub = false;
  bool migrate = false;
};

/// What the command room asks of the cluster; a null pointer means cluster-enabled no.
struct ClusterPort {
  using KeyExists = std::function<bool(std::string_view)>;

  virtual ~ClusterPort() = default;
  /// The error line without '-' ("MOVED 42 10.0.0.1:6379") when the command must not run here.
  virtual std::optional<std::string> redirect(const RouteQuery& query, const KeyExists& key_exists) = 0;
  /// The same for a client blocked on `key`; nothing while it may go on waiting.
  virtual std::optional<std::string> redirect_blocked(std::string_view key, bool readonly_client) = 0;
  /// CLUSTER <subcommand> …, argv being the whole command: the reply on the wire for this RESP version.
  virtual std::string command(std::span<const std::string_view> argv, int resp) = 0;
  /// Tells the nodes that must hear of a PUBLISH (or, sharded, SPUBLISH) made here.
  virtual void publish(std::string_view channel, std::string_view message, bool sharded) = 0;
  /// DEBUG CLUSTERLINK KILL: breaks the bus connections to (that we opened) or from that node. False:
  /// unknown.
  virtual bool break_links(std::string_view node_id, bool to, bool from) = 0;
  /// DEBUG CLUSTER DROP-PACKET-FILTER: bus messages of this type are not looked at; -1: none.
  virtual void drop_packets(int type) = 0;
  virtual int slot_of(std::string_view key) const = 0;
  virtual bool state_ok() const = 0;
};

}  // namespace node

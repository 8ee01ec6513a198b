// The cluster node's brain: the bus, failure detection, elections, slot ownership, the CLUSTER command. Pure:
// bytes, time and commands go in; drain() gives what the node has to do. Source of the rules: Redis Cluster
// specification; observed behaviour of redis 7.0.15.
//
// How a node uses it, in each turn of its event loop:
//   on_accept / on_link_up / on_bytes / on_link_down for what the sockets say, command() for clients,
//   on_tick every 100 ms, and last, once a turn, drain(): perform the actions in order. drain() runs the
//   deferred rules and puts the Persist of everything that changed in front of the messages that tell of it.
// Not thread-safe: one thread owns it.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "server/cluster/action.h"
#include "server/cluster/host.h"
#include "server/cluster/reply.h"
#include "server/cluster/state.h"
#include "server/cluster/strong.h"

namespace node::cluster {

struct Context;

class Cluster {
 public:
  static constexpr Ms kTickMs = 100;

  /// A node that knows nobody, with a random id. The seed must differ from node to node.
  Cluster(Config config, Host& host, std::uint64_t seed, Ms now);
  ~Cluster();
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  /// Takes over what nodes.conf says; call once, before anything else. Returns what is wrong with the text,
  /// or nothing. An empty text means a new node.
  std::optional<std::string> load(std::string_view nodes_conf, Ms now);
  /// After the data was loaded: a master that holds keys of slots that are not its own claims free ones and
  /// marks the others importing.
  void verify_against_data(Ms now);

  LinkId on_accept(std::string_view peer_ip, std::string_view local_ip, Ms now);
  void on_link_up(LinkId link, std::string_view local_ip, Ms now);
  /// The connection failed or broke. Unknown ids (already closed here) are ignored, as in on_bytes.
  void on_link_down(LinkId link, Ms now);
  void on_bytes(LinkId link, std::string_view bytes, Ms now);
  void on_tick(Ms now);
  void on_config_changed(Ms now);

  /// Also call it when the replication offset moved while manual_failover_in_progress().
  Actions drain(Ms now);

  /// CLUSTER <subcommand> ...: argv[0] is "cluster". Errors are worded as redis 7.0.15 words them.
  Reply command(std::span<const std::string_view> argv, Ms now);
  /// PUBLISH or SPUBLISH at this node: tell the others (all, or those of this shard).
  void publish(std::string_view channel, std::string_view message, bool sharded, Ms now);

  /// Closes the connections to (that this node opened) or from a node, as if the network had broken them.
  void break_links(std::string_view node_id, bool to, bool from, Ms now);

  const State& state() const;
  const Config& config() const;
  Config& config();
  bool is_replica() const { return state().myself->is_replica(); }
  /// True while writes should be told to the cluster at once (see drain).
  bool manual_failover_in_progress() const;
  std::string nodes_conf() const;
  /// The slots that this master is moving, for its replicas; the same on a replica, as its master told it.
  std::string open_slots() const;
  void learn_open_slots(std::string_view text, Ms now);
  /// Null: the mode is off.
  strong::Strong* strong() const;
  /// The data is about to be replaced: nodes_conf() must be on disk before that.
  void begin_life();
  /// The lines of CLUSTER INFO.
  std::string info() const;

 private:
  std::unique_ptr<Context> context_;
};

}  // namespace node::cluster

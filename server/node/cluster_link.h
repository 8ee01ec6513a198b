/// The cluster room in its node: bus sockets, nodes.conf on disk, and the actions it asks for performed in
/// order.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/cluster/cluster.h"
#include "server/engine/cluster_port.h"
#include "server/net/event_loop.h"
#include "server/net/socket.h"
#include "server/node/nodes_file.h"

namespace node {

class Node;

/// What a master tells its replicas in the stream begins so: REPLCONF capa "open-slots [5->-id]".
inline constexpr std::string_view kOpenSlots = "open-slots ";

class ClusterLink final : public ClusterPort, public cluster::Host {
 public:
  explicit ClusterLink(Node& node);
  ~ClusterLink() override;

  /// Reads nodes.conf and locks it against a second process. A text says why that cannot be.
  std::optional<std::string> load();
  void verify_against_data();
  std::optional<std::string> listen();
  void tick();
  /// Performs what the cluster asks for; once a turn, before replies are sent.
  void perform();
  /// Frees closed connections: between turns of the loop only, when no event can name them any more.
  void bury() { dead_.clear(); }
  void config_changed();
  void save_config();

  // ClusterPort.
  std::optional<std::string> redirect(const RouteQuery& query, const KeyExists& key_exists) override;
  std::optional<std::string> redirect_blocked(std::string_view key, bool readonly_client) override;
  std::string command(std::span<const std::string_view> argv, int resp) override;
  void publish(std::string_view channel, std::string_view message, bool sharded) override;
  bool break_links(std::string_view node_id, bool to, bool from) override;
  void drop_packets(int type) override;
  int slot_of(std::string_view key) const override;
  bool state_ok() const override;

  bool is_replica() const;
  /// Bytes that the links to other nodes hold.
  std::size_t link_memory() const;

  /// Puts into the stream which slots this master is moving, if that changed; `again`: for a replica that
  /// comes.
  void tell_open_slots(bool again = false);
  /// The same, as it came from our master.
  void learn_open_slots(std::string_view text);

  /// Null: the mode is off.
  cluster::strong::Strong* strong() const { return cluster_->strong(); }
  /// Who acknowledges a stream here; empty: nobody that strong mode knows.
  std::string strong_copy() const;
  /// The data here is about to be replaced: that is on disk when this returns.
  void begin_life();
  /// Whether a command was let in, since this was last asked, whose answer strong mode has to allow.
  bool take_touched() { return std::exchange(touched_, false); }
  /// Whether what was answered may leave, with the stream as it stands at `offset`.
  bool may_answer(std::int64_t offset);

 private:
  struct Bus final : Watcher {
    ClusterLink* owner = nullptr;
    cluster::LinkId id = 0;
    Socket socket;
    std::string out;
    std::size_t sent = 0;
    bool connecting = false, watching_write = false, gone = false;
    void on_event(std::uint32_t events) override;
    void flush();
  };
  struct Door final : Watcher {
    ClusterLink* owner = nullptr;
    Socket socket;
    void on_event(std::uint32_t events) override;
  };

  // cluster::Host.
  std::size_t key_count() const override;
  std::size_t keys_in_slot(int slot) const override;
  std::vector<std::string> some_keys_in_slot(int slot, std::size_t max) const override;
  std::int64_t replication_offset() const override;
  cluster::ReplicaView replica_view() const override;
  cluster::LinkBuffer link_buffer(cluster::LinkId link) const override;
  bool wants_publish(bool sharded) const override;

  cluster::Config read_config() const;
  void act(const cluster::Action& action);
  void open_link(const cluster::Connect& c);
  void send(const cluster::Send& s);
  void drop_link(cluster::LinkId id);
  void link_failed(Bus& bus);
  void persist(std::string_view text, bool sync);
  void delete_keys(int slot);
  void accept(Door& door);

  Node& node_;
  std::unique_ptr<cluster::Cluster> cluster_;
  std::vector<std::unique_ptr<Door>> doors_;
  int bus_port_ = 0;  ///< where the doors are; CONFIG SET port does not move them
  std::map<cluster::LinkId, std::unique_ptr<Bus>> links_;
  cluster::Actions deferred_;               ///< what a running script keeps from being performed
  std::vector<std::unique_ptr<Bus>> dead_;  ///< freed when no event can name them any more
  NodesFile file_;
  bool touched_ = false;
  std::string told_open_slots_;
  bool replicas_know_open_slots_ = false;  ///< they were told something, which "none" has to take back
  std::uint64_t ownership_seen_ = 0;  ///< State::ownership_changes when blocked clients were last looked at
};

}  // namespace node

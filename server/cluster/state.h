// The cluster as this node sees it: nodes, who owns which slot, epochs. Plain data with the few operations
// that keep its cross references whole; the rules live in the rooms beside it.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "server/cluster/action.h"
#include "server/cluster/node_id.h"
#include "server/cluster/slot.h"

namespace node::cluster {

/// Node flags as they stand on the bus (16 bits).
namespace flag {
inline constexpr std::uint16_t kMaster = 1, kReplica = 2, kPfail = 4, kFail = 8, kMyself = 16,
                               kHandshake = 32, kNoAddr = 64, kMeet = 128, kMigrateTo = 256,
                               kNoFailover = 512;
}

struct Node;

/// One bus connection. We send our pings on the link we opened; the peer answers there, and pings us on its
/// own.
struct Link {
  LinkId id = 0;
  Node* node = nullptr;  // inbound: unknown until the first message of a known sender
  bool inbound = false;
  bool up = false;  // outbound: connected
  Ms created = 0;
  std::string peer_ip;
  std::string local_ip;  // as seen by the socket; learned with on_accept / on_link_up
  std::string received;  // an incomplete message
};

struct FailureReport {
  Node* reporter;
  Ms time;
};

struct Node {
  NodeId id;
  std::uint16_t flags = 0;
  std::uint64_t config_epoch = 0;
  SlotSet slots;
  int slot_count = 0;
  Node* master = nullptr;
  NodeId replaced;  // of a master: whose replica it was until it took over; the two are of one shard
  std::vector<Node*> replicas;
  std::string ip;
  std::string hostname;
  int port = 0;
  int cport = 0;
  int pport = 0;  // plaintext port of a TLS peer
  Ms created = 0;
  Ms ping_sent = 0;  // 0: no ping is waiting for its pong
  Ms pong_received = 0;
  Ms data_received = 0;
  Ms fail_time = 0;
  Ms voted_time = 0;  // last vote for a replica of this master
  Ms orphaned_time = 0;
  std::int64_t repl_offset = 0;
  std::uint64_t gossip_mark = 0;  // number of the last ping that gossiped about it
  Link* link = nullptr;
  Link* inbound = nullptr;
  std::vector<FailureReport> reports;

  bool has(std::uint16_t mask) const { return (flags & mask) != 0; }
  bool is_master() const { return has(flag::kMaster); }
  bool is_replica() const { return has(flag::kReplica); }
  bool failed() const { return has(flag::kFail); }
  bool pfailed() const { return has(flag::kPfail); }
  bool in_handshake() const { return has(flag::kHandshake); }
};

class State {
 public:
  Node* myself = nullptr;
  std::uint64_t current_epoch = 0;
  std::uint64_t last_vote_epoch = 0;
  bool ok = false;     // cluster_state
  std::string strong;  // what strong mode must not forget; kept also where the mode is off
  int size = 1;        // masters with slots
  std::array<Node*, kSlotCount> owner{};
  std::uint64_t ownership_changes = 0;  // counts them: who waits for a key of a slot may have to go elsewhere
  std::map<int, Node*> migrating;       // slot -> target; few, so a map
  std::map<int, Node*> importing;       // slot -> source
  /// Slots whose owner stopped claiming them in its pings (they are moving): anyone may claim them, and we do
  /// not spread the old claim in UPDATE messages.
  SlotSet unclaimed_by_owner;

  /// In order of arrival. Pointers stay valid until remove().
  const std::vector<std::unique_ptr<Node>>& nodes() const { return nodes_; }
  Node* find(const NodeId& id) const;
  Node* find(std::string_view text) const;
  Node& add(const NodeId& id, std::uint16_t flags, Ms now);
  void rename(Node& node, const NodeId& id);
  /// Forgets the node and every reference to it (slots, replicas, reports). REQUIRES: its links are gone.
  void remove(Node& node);

  /// False if the slot already has an owner.
  bool assign(int slot, Node& node);
  /// False if it had none.
  bool unassign(int slot);
  bool unclaimed(int slot) const { return owner[slot] == nullptr || unclaimed_by_owner.test(slot); }

  void attach_replica(Node& master, Node& replica);
  void detach_replica(Node& master, Node& replica);
  void close_all_slots();

  Node* migrating_to(int slot) const { return lookup(migrating, slot); }
  Node* importing_from(int slot) const { return lookup(importing, slot); }
  std::uint64_t max_epoch() const;
  Node& my_master() const { return myself->is_replica() && myself->master ? *myself->master : *myself; }

 private:
  static Node* lookup(const std::map<int, Node*>& map, int slot) {
    if (map.empty()) return nullptr;
    const auto it = map.find(slot);
    return it == map.end() ? nullptr : it->second;
  }
  bool masters_have_replicas() const;

  std::vector<std::unique_ptr<Node>> nodes_;
  std::map<NodeId, Node*> by_id_;
};

}  // namespace node::cluster

// Many cluster nodes in one process, over a virtual network and in virtual time; everything that happens
// follows from one seed. A connection is TCP as seen from above: bytes arrive in order or not at all; when it
// breaks, what was under way is lost, and both ends hear of it (late, or only when they try). A node that
// crashes keeps what it persisted.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <queue>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "server/cluster/cluster.h"
#include "server/cluster/invariants.h"
#include "server/cluster/prng.h"

namespace node::cluster::sim {

/// The data side of a simulated node: an offset that grows on masters and is copied by replicas.
struct FakeHost final : Host {
  std::int64_t offset = 0;
  ReplicaView view;
  std::set<int> slots_with_keys;

  std::size_t key_count() const override { return slots_with_keys.size(); }
  std::size_t keys_in_slot(int slot) const override { return slots_with_keys.count(slot); }
  std::vector<std::string> some_keys_in_slot(int, std::size_t) const override { return {}; }
  std::int64_t replication_offset() const override { return offset; }
  ReplicaView replica_view() const override { return view; }
};

struct SimNode {
  int index = 0;
  std::string ip;
  FakeHost host;
  std::unique_ptr<Cluster> cluster;  // null: crashed
  NodeId id;
  std::string file;         // nodes.conf as a killed process leaves it
  std::string synced_file;  // ... as a power cut leaves it
  Durable durable;          // of synced_file
  bool frozen = false;      // SIGSTOP: nothing is processed, connections stay
  bool paused_writes = false;
  std::string following;  // ip of the master it replicates from; empty: none
  std::uint64_t life = 0;
  bool alive() const { return cluster != nullptr; }
};

class World {
 public:
  World(std::uint64_t seed, int nodes, Config config);

  Ms now() const { return now_; }
  Prng& prng() { return prng_; }
  Watch& watch() { return watch_; }
  SimNode& node(int index) { return *nodes_[index]; }
  int size() const { return static_cast<int>(nodes_.size()); }

  /// Runs until then, or until the watch saw a violation.
  void run_until(Ms then);
  /// A CLUSTER subcommand, its words separated by blanks.
  Reply command(int index, std::string_view words);

  // ---- faults ----
  /// The process dies; a power cut also loses what was not synced.
  void crash(int index, bool power_cut);
  /// Dies in the middle of performing its next actions.
  void crash_within_actions(int index, bool power_cut);
  void restart(int index);
  void freeze(int index, bool frozen);
  /// Nothing gets from a to b; what is sent waits (retransmission), unless the connection breaks first.
  void block(int from, int to, bool blocked);
  void break_connections(int a, int b);
  void set_delays(Ms least, Ms spread, double loss) {
    delay_least_ = least;
    delay_spread_ = spread;
    loss_ = loss;
  }
  void heal_network();

  std::vector<const State*> states() const;
  std::uint64_t events() const { return processed_; }
  /// Hash over all that happened: two runs of a seed are the same if this is.
  std::uint64_t fingerprint() const { return fingerprint_; }
  std::function<void(Ms, int, const std::string&)> on_log;

 private:
  struct End {
    int node = -1;
    LinkId link = 0;
    std::uint64_t life = 0;
    bool open = false;
    Ms last_arrival = 0;            // of what was sent towards this end: keeps the order
    std::vector<std::string> held;  // towards this end, while the way is blocked
  };
  struct Connection {
    End ends[2];  // 0: who connected
    bool established = false;
  };
  enum class Kind { kTick, kConnect, kUp, kBytes, kDown };
  struct Event {
    Ms at;
    std::uint64_t order;
    Kind kind;
    int node = 0;
    std::uint64_t life = 0;
    std::uint64_t connection = 0;
    int end = 0;
    std::string bytes;
    bool operator>(const Event& other) const { return at != other.at ? at > other.at : order > other.order; }
  };

  void start(SimNode& n);
  void schedule(Event event);
  void handle(Event& event);
  void tick(SimNode& n);
  void replicate(SimNode& n);
  void drain(SimNode& n);
  void perform(SimNode& n, const Action& action);
  void connect(SimNode& n, const Connect& action);
  void establish(std::uint64_t id);
  void send(SimNode& n, const Send& action);
  void transmit(std::uint64_t id, int end, std::string bytes);
  void close_end(std::uint64_t id, int end, Ms notice);
  void drop_process(SimNode& n, bool power_cut);
  bool blocked(int from, int to) const { return blocked_.contains({from, to}); }
  bool reachable(const End& end) const;
  Ms delay();
  SimNode* by_ip(std::string_view ip);
  void mix(std::uint64_t value) { fingerprint_ = (fingerprint_ ^ value) * 0x100000001b3; }

  Prng prng_;
  Config config_;
  Ms now_ = 1'000'000;
  std::vector<std::unique_ptr<SimNode>> nodes_;
  std::map<std::uint64_t, Connection> connections_;
  std::map<std::pair<int, LinkId>, std::pair<std::uint64_t, int>> by_link_;  // -> connection, end
  std::uint64_t next_connection_ = 1;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> queue_;
  std::uint64_t order_ = 0;
  std::uint64_t processed_ = 0;
  std::uint64_t fingerprint_ = 0xcbf29ce484222325;
  std::set<std::pair<int, int>> blocked_;
  std::map<int, std::pair<int, bool>> doomed_;  // node -> actions it still performs, power cut
  Ms delay_least_ = 1, delay_spread_ = 3;
  double loss_ = 0;
  Watch watch_;
};

}  // namespace node::cluster::sim

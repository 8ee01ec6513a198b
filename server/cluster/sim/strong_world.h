// A strong cluster in virtual time: strong mode's state machine on every node, a log that masters write and
// replicas pull, clients whose operations are recorded. Everything follows from one seed. Around the state
// machine stands the least helpful cluster that there can be: failure detection is a guess, claims of
// mastership travel by messages that are lost, doubled, late and out of order, and a killed process keeps its
// disk and nothing else.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "server/cluster/prng.h"
#include "server/cluster/sim/linear.h"
#include "server/cluster/strong.h"

namespace node::cluster::sim {

/// What stands between the state machines and a promise, as a simulation sees it.
struct StrongPlan {
  Ms trouble = 6'000;
  Defects defects{};
  bool wall_clock = false;  // broken on purpose: leases by a clock that is set
  bool verbose = false;
};

class StrongWorld {
 public:
  StrongWorld(std::uint64_t seed, const StrongPlan& plan);

  void run_until(Ms then);
  Ms now() const { return now_; }
  Prng& prng() { return prng_; }
  int size() const { return static_cast<int>(peers_.size()); }
  int shards() const { return shards_; }
  bool alive(int index) const { return peers_[static_cast<std::size_t>(index)].strong != nullptr; }

  // ---- faults ----
  void crash(int index);
  void restart(int index);
  void freeze(int index, bool frozen) { peer(index).frozen = frozen; }
  void block(int from, int to) { blocked_.insert({from, to}); }
  void set_network(double loss, double twice, Ms spread) {
    loss_ = loss;
    twice_ = twice;
    spread_ = spread;
  }
  void step_wall_clock(int index, Ms by) { peer(index).wall_step += by; }
  void heal();

  void stop_clients() { clients_stopped_ = true; }
  /// By key.
  const std::map<int, std::vector<Operation>>& histories() const { return histories_; }
  int answered() const { return answered_; }
  int seats_taken() const { return seats_taken_; }
  std::uint64_t events() const { return order_; }
  std::uint64_t fingerprint() const { return fingerprint_; }
  /// Shards that answer their clients at this moment.
  int serving();

 private:
  struct Entry {
    int key;
    std::uint64_t value;
    std::uint64_t chain;  // hash of all entries up to this one
  };
  using Log = std::vector<Entry>;

  struct Claim {  // "I am the master of my shard"
    int shard;
    std::uint64_t epoch;
  };
  struct Pull {  // a replica tells what it has, and asks for more
    std::uint64_t claim;
    std::size_t size;
    std::uint64_t chain;
    strong::Copy copy;
  };
  struct Chunk {
    std::uint64_t claim;
    std::size_t base;
    std::uint64_t chain;
    bool whole;  // takes the place of all
    Log entries;
  };
  struct Request {
    int client;
    std::uint64_t number;
    int key;
    bool write;
    std::uint64_t value;
  };
  struct Answer {
    int client;
    std::uint64_t number;
    bool ok;
    std::uint64_t value;
  };
  struct Tick {};
  struct Flush {};
  struct Think {  // a client goes on, or gives its operation up
    int client;
    std::uint64_t number;
  };
  using Payload = std::variant<strong::Message, Claim, Pull, Chunk, Request, Answer, Tick, Flush, Think>;
  struct Event {
    Ms at;
    std::uint64_t order;
    int from, to;        // of peers; -1: clients
    std::uint64_t life;  // of the process it is for; 0: whichever runs
    std::shared_ptr<const Payload> payload;
    bool operator>(const Event& other) const { return at != other.at ? at > other.at : order > other.order; }
  };
  struct Waiting {
    int client;
    std::uint64_t number;
    std::int64_t offset;
    std::uint64_t value;
  };
  struct Peer {
    NodeId id;
    int index = 0, shard = 0;
    std::unique_ptr<strong::Strong> strong;  // null: crashed
    std::string disk;
    std::uint64_t life = 0;
    bool frozen = false;
    double rate = 1;
    Ms clock_offset = 0, wall_step = 0;
    bool master = false;  // what the cluster's gossip made of it: on its disk at once
    int following = -1;
    std::uint64_t claim = 0;
    Ms heard = 0, suspects_after = 0;
    Log log;
    std::map<int, std::uint64_t> values;
    std::vector<Waiting> waiting;
    std::map<strong::Copy, Ms> pulled;
    bool flush_due = false;
  };
  struct Client {
    std::uint64_t number = 0;
    bool busy = false;
    Operation op;
    int key = 0;
  };

  Peer& peer(int index) { return peers_[static_cast<std::size_t>(index)]; }
  Ms clock(const Peer& p) const;
  void schedule(Ms at, int from, int to, std::uint64_t life, Payload payload);
  void transmit(int from, int to, Payload payload);
  void handle(const Event& event);
  void start(Peer& p);
  /// False: the process died on the way.
  bool pump(Peer& p);
  void on_event(Peer& p, const strong::Event& event);
  void deliver(Peer& p, const strong::Output& output);
  void tick(Peer& p);
  void on(Peer& p, int from, const Claim& claim);
  void on(Peer& p, int from, const Pull& pull);
  void on(Peer& p, int from, const Chunk& chunk);
  void on(Peer& p, const Request& request);
  void pull(Peer& p);
  void follow(Peer& p, int master, std::uint64_t claim);
  void flush(Peer& p);
  void flush_soon(Peer& p);
  static std::uint64_t chain_of(const Log& log, std::size_t size);
  static void append(Peer& p, int key, std::uint64_t value);
  void next_operation(int client);
  void on_answer(const Answer& answer);
  void give_up(Client& c);
  void say(const Peer& p, const std::string& text) const;

  Prng prng_;
  StrongPlan plan_;
  strong::Settings settings_;
  int shards_ = 3;
  Ms now_ = 1'000'000;
  std::vector<Peer> peers_;
  std::map<NodeId, int> by_id_;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> queue_;
  std::uint64_t order_ = 0;
  std::uint64_t fingerprint_ = 0xcbf29ce484222325;
  std::set<std::pair<int, int>> blocked_;
  double loss_ = 0, twice_ = 0;
  Ms spread_ = 3;
  std::vector<Client> clients_;
  bool clients_stopped_ = false;
  std::uint64_t next_value_ = 1;
  std::map<int, std::vector<Operation>> histories_;
  int answered_ = 0, seats_taken_ = 0;
};

struct StrongOutcome {
  std::uint64_t seed = 0;
  std::string failure;  // empty: every key's history is linearizable
  int answered = 0;
  int seats_taken = 0;
  int serving = 0;  // shards, at the end
  int shards = 0;
  std::uint64_t events = 0;
  std::uint64_t fingerprint = 0;
  std::map<int, std::vector<Operation>> histories;
};

/// Founds a cluster, breaks things for a while, heals, and reads every key.
StrongOutcome run_strong_seed(std::uint64_t seed, const StrongPlan& plan);

}  // namespace node::cluster::sim

// Strong mode of one node, as a pure state machine: messages, acknowledgements and ticks go in, drain() says
// what to write to disk, then what to send. STRONG.md is the protocol and why it is safe.
//
// The node is up to three things at once: an elector (strong_elector.cpp: it keeps a durable record for each
// shard and grants leases), a candidate for the seat of its shard and the holder of that seat
// (strong_seat.cpp). What must hold: nothing that drain() hands out is performed before its `durable` text is
// on disk, and messages to oneself come back through on_message after that.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/cluster/prng.h"
#include "server/cluster/strong_message.h"
#include "server/defects/defects.h"

namespace node::cluster::strong {

/// All in milliseconds of a clock that never goes back and is never set.
struct Settings {
  Ms grant = 1000;     // an elector that granted a lease promises nobody else anything for so long
  Ms patience = 1000;  // a copy that does not keep up for so long leaves the in-sync set
  Defects defects;
};

/// A holder trusts a grant for less, by more than two clocks may differ in speed.
inline Ms trusted_part(Ms grant) {
  return grant * 7 / 10;
}

/// What an elector keeps of a shard.
struct Elected {
  std::uint64_t promised = 0;
  NodeId candidate;  // to whom
  Record record;
};

/// What survives a crash. It is one word of nodes.conf.
struct Durable {
  std::vector<NodeId> electors;  // sorted; none: the cluster is not founded. They never change.
  bool agreed = false;           // all of them accepted the same
  NodeId shard;                  // named after its first master
  std::uint64_t life = 0;        // of the data here
  std::uint64_t epoch = 0;       // the highest ballot heard of
  std::uint64_t voted = 0;       // the highest promised, over all shards: so no two shards share one
  Ms grant = 0;                  // the longest that this elector granted a lease for
  std::map<NodeId, Elected> shards;

  std::string text() const;
  static std::optional<Durable> parse(std::string_view text);
};

struct Outgoing {
  NodeId to;  // none: to every node
  Message message;
};

struct Event {
  enum class Kind { kSeated, kDeposed, kGranted, kNote } kind;
  std::uint64_t epoch = 0;
  NodeId node;
  std::string text;
};

struct Output {
  std::optional<std::string> durable;  // to be on disk before all that follows
  std::vector<Outgoing> messages;
  std::vector<Event> events;
  bool empty() const { return !durable && messages.empty() && events.empty(); }
};

class Strong {
 public:
  Strong(NodeId me, std::uint64_t seed) : me_(me), prng_(seed) {}

  /// Before anything else, once in a process: what the disk says, or nothing on a new node.
  /// `data_kept`: the data here is what it was, to the last acknowledged write.
  void start(Durable durable, bool data_kept, Ms now);
  Settings& settings() { return settings_; }

  // ---- founding ----
  /// The masters with slots, as this node sees them once they cover all slots and everybody speaks strong.
  void propose(std::vector<NodeId> masters);
  bool founded() const { return durable_.agreed; }
  bool speaks(const NodeId& node) const { return node == me_ || heard_.contains(node); }
  /// Which shard a node said it belongs to; none: it did not.
  NodeId shard_of(const NodeId& node) const;
  /// This node's data is (to be) that of another shard.
  void join(const NodeId& shard);
  /// This node is a master no more.
  void resign();
  /// The data here is about to be replaced.
  void new_life();
  Copy self() const { return {me_, durable_.life}; }
  const Durable& durable() const { return durable_; }

  // ---- what happens ----
  void on_message(const NodeId& from, const Message& message, Ms now);
  /// `wants_seat`: this node is a master, or a replica whose master has failed or lets it take over.
  /// `offset`: the end of the stream that it produced. `yields`: it hands over, and renews nothing.
  void on_tick(Ms now, bool wants_seat, std::int64_t offset, bool yields = false);
  /// A copy is connected and has applied the stream up to there.
  void on_applied(const Copy& copy, std::int64_t offset);
  void on_gone(const Copy& copy);
  /// Ballots are above all epochs that were ever heard of.
  void hear_epoch(std::uint64_t epoch);
  Output drain();

  // ---- what may be done ----
  bool seated() const { return seat_.has_value(); }
  std::uint64_t epoch() const { return seat_ ? seat_->epoch : 0; }
  /// Whether a command may begin now.
  bool may_serve(Ms now) const;
  /// Whether what was answered at this end of the stream may leave. Ask after the command ran.
  bool may_answer(std::int64_t offset, Ms now);
  /// Of the lease, or 0.
  Ms lease_left(Ms now) const;
  std::size_t copies() const { return seat_ ? seat_->agreed.in_sync.size() : 0; }

 private:
  struct Attempt {
    enum class Phase { kProbing, kPreparing, kAccepting } phase = Phase::kProbing;
    std::uint64_t epoch = 0;
    Ms began = 0, ends = 0;
    std::set<NodeId> answered;
    std::size_t free = 0;  // of them: no lease keeps them from promising
    Record best;           // the newest of what was answered; then what is proposed
    NodeId displaced;      // who had the seat before
  };
  struct Follower {
    bool connected = false;
    std::int64_t applied = -1;
    Ms kept_up = 0;  // when it last had all that there was a tick before
  };
  struct Seat {
    std::uint64_t epoch = 0;
    Record agreed;                   // by a majority
    std::optional<Record> proposed;  // not yet
    std::set<NodeId> accepted;       // by whom
    std::map<NodeId, Ms> trusted;    // elector -> until when its grant is
    std::map<Copy, Follower> followers;
    std::int64_t before = INT64_MAX;  // the end of the stream at the last tick in the seat
    std::int64_t answered = 0;        // the end of the stream that an answer has told of
    Ms lease_until = 0;
    NodeId displaced;  // who had the seat before
  };

  bool elector() const;
  std::size_t majority() const { return durable_.electors.size() / 2 + 1; }
  bool is_elector(const NodeId& node) const;
  void send(const NodeId& to, Message message) { output_.messages.push_back({to, std::move(message)}); }
  void ask_electors(const Message& message);
  void save() { dirty_ = true; }
  void note(std::string text);

  // strong_elector.cpp
  struct Lease {
    NodeId holder;
    Ms until = 0;
  };
  Message about(Kind kind, const NodeId& shard) const;
  bool leased(const NodeId& shard, const NodeId& asker, Ms now) const;
  void refuse(const NodeId& to, const NodeId& shard);
  void on_probe(const NodeId& from, const Message& m, Ms now);
  void on_prepare(const NodeId& from, const Message& m, Ms now);
  void on_accept(const NodeId& from, const Message& m);
  void on_renew(const NodeId& from, const Message& m, Ms now);

  // strong_founding.cpp
  void say_hello(Ms now);
  void on_hello(const NodeId& from, const Message& m);
  void adopt(const std::vector<NodeId>& electors);
  void check_agreement();

  // strong_seat.cpp
  void begin_attempt(Ms now);
  void give_up_attempt(Ms now);
  void on_status(const NodeId& from, const Message& m, Ms now);
  void on_promise(const NodeId& from, const Message& m, Ms now);
  void on_refuse(const Message& m, Ms now);
  void on_invite(const Message& m, Ms now);
  void on_accepted(const NodeId& from, const Message& m, Ms now);
  void prepare(Ms now);
  void invite(const Record& record, Ms now);
  void send_proposal();
  void take_seat(Ms now);
  void lose_seat();
  void on_renewed(const NodeId& from, const Message& m);
  void renew(Ms now);
  void keep_set(Ms now, std::int64_t offset);
  void propose_set(std::vector<Copy> in_sync);
  bool has(const Record& record, std::int64_t offset) const;
  bool everybody_has(std::int64_t offset) const;
  std::optional<std::vector<Copy>> without_absent(Ms now) const;
  std::optional<std::vector<Copy>> with_newcomer() const;
  bool was_replaced(const Copy& copy) const;
  bool absent(const Copy& copy, Ms now) const;

  const NodeId me_;
  Prng prng_;
  Settings settings_;
  Durable durable_;
  bool dirty_ = false;
  Output output_;
  Ms started_ = 0;

  struct Heard {
    NodeId shard;
    std::vector<NodeId> electors;
  };
  std::map<NodeId, Heard> heard_;
  Ms next_hello_ = 0;

  std::map<NodeId, Lease> leases_;  // granted, by shard
  std::optional<Attempt> attempt_;
  std::optional<Seat> seat_;
  Ms next_attempt_ = 0;
  int slow_attempts_ = 0;  // that ended without an answer of a majority
  Ms next_invite_ = 0;
  Ms invited_until_ = 0;
};

}  // namespace node::cluster::strong

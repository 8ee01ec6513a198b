// Replication, both roles, as pure state machines: PSYNC (full and partial), the handshake, offsets,
// acknowledgements, WAIT. Bytes and time go in, drain() gives what the node has to do.
// Source of the rules: the public replication protocol (PSYNC2) as redis 7.0.15 was seen to speak it.
//
// The stream. A master calls feed() with each write command it executed, encoded as RESP. A replica takes
// whole commands from stream(), executes them and consume()s their bytes (inside MULTI: when EXEC was
// executed), which is what the offset counts, what the backlog keeps and what its own replicas are sent. Not
// thread-safe: one thread owns it.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/cluster/prng.h"
#include "server/cluster/reply.h"
#include "server/replication/action.h"
#include "server/replication/backlog.h"
#include "server/replication/master_link.h"
#include "server/replication/replica_set.h"

namespace node::replication {

/// The name of a data set's history: offsets are comparable under the same id. After a promotion the old id
/// stays valid up to `second_offset`, so that the other replicas of the lost master can go on without a full
/// transfer.
struct History {
  std::string id;
  std::string id2 = std::string(40, '0');
  std::int64_t second_offset = -1;
};

class Replication {
 public:
  Replication(Config config, std::uint64_t seed);

  /// At start, after an RDB was loaded whose aux fields name its history: lets a replica resume partially. A
  /// master goes on under a name of its own, since it may have lost what it streamed after the RDB; replicas
  /// that have no more than the RDB resume all the same.
  void restore(std::string_view repl_id, std::int64_t offset, bool master);

  /// DEBUG CHANGE-REPL-ID: the data goes on under a new name, and no old one is valid. Links that stand go
  /// on; whoever comes back (this node to its master, too) begins with a full transfer.
  void rename_history();

  // ---- role ----
  void become_replica_of(std::string ip, int port, Ms now);
  void become_master(Ms now);
  bool is_replica() const { return replica_; }

  // ---- any role, as a master of (sub-)replicas ----
  /// A write command that was executed here, in RESP. REQUIRES: !is_replica().
  /// `db` is the database that the command runs in; a SELECT goes ahead of it when the stream stands
  /// elsewhere.
  void feed(std::string_view resp, Ms now, int db = 0);
  /// The database that the stream stands in, for the dump file's repl-stream-db; -1: the next command
  /// selects.
  int stream_db() const { return stream_db_; }
  /// Manual failover: while paused, nothing but feed() adds to the stream (no PING, no GETACK). The replica
  /// waits for an offset that it must find, not pass.
  void pause(bool paused) { paused_ = paused; }
  /// False while nobody ever asked for the stream: feed() does nothing then, and its caller may spare the
  /// encoding.
  bool wants_stream() const { return active_; }
  /// REPLCONF from a client: its reply, or nothing (ACK and GETACK have none).
  std::optional<Reply> on_replconf(ClientId client, std::span<const std::string_view> argv, Ms now);
  /// PSYNC id offset; SYNC is psync with an empty id. All answers are SendReplica actions, errors come back.
  /// From here on the client is a replica: the node sends it nothing on its own. `peer_ip`: of its
  /// connection.
  std::optional<Reply> on_psync(ClientId client, std::string_view id, std::int64_t offset, Ms now,
                                std::string peer_ip = {});
  /// The snapshot is made, and goes to the client from now on.
  void on_snapshot_sending(ClientId client);
  void on_snapshot_sent(ClientId client, Ms now);
  void on_snapshot_failed(Ms now);
  void on_client_closed(ClientId client, Ms now);
  /// Asks the replicas where they are, as the last bytes before a pause.
  void request_acks() {
    if (!replica_ && active_ && !paused_) append_get_ack();
  }
  /// FAILOVER: hands over to the replica at an address, or to the first that has everything. An error text.
  struct FailoverRequest {
    std::string ip;  // empty: any replica
    int port = 0;
    Ms timeout = 0;      // 0: none
    bool force = false;  // when the time is up: hand over all the same
  };
  std::optional<std::string> begin_failover(FailoverRequest request, Ms now);
  /// FAILOVER ABORT; false when none is in progress.
  bool abort_failover();
  /// As INFO names it.
  std::string_view failover_state() const;
  /// PSYNC id offset FAILOVER from our master: why we do not take over; else the node makes us master, and
  /// answers as to any PSYNC.
  std::optional<std::string> refuse_handover(std::string_view id) const;
  /// WAIT: the number of replicas at once, or nothing and a WaitDone later. `offset`: after the client's last
  /// write.
  std::optional<int> wait(ClientId client, int replicas, Ms timeout, std::int64_t offset, Ms now);
  const ReplicaSet& replicas() const { return replicas_; }
  /// PSYNCs that named a history and had to begin anew.
  std::uint64_t partial_refused() const { return partial_refused_; }

  // ---- as a replica ----
  void on_master_connected(Ms now);
  void on_master_closed(Ms now);
  void on_master_bytes(std::string_view bytes, Ms now);
  void on_snapshot_loaded(bool ok, Ms now);
  std::string_view stream() const { return link_.stream(); }
  /// REQUIRES: count <= stream().size().
  void consume(std::size_t count, Ms now);
  const MasterLink& link() const { return link_; }

  void on_tick(Ms now);  // every 100 ms
  /// Bytes that a client was given and its connection has not taken yet. A replica is handed the stream in
  /// portions, so that all of them share the backlog however far they lag.
  using Unsent = std::function<std::size_t(ClientId)>;
  Actions drain(Ms now, const Unsent& unsent = {});
  /// Of that the stream alone, and what was asked for before: nothing begins that must not fall between the
  /// parts of a script's work.
  Actions drain_stream(Ms now, const Unsent& unsent = {});
  /// A replica could take more of the stream as soon as its connection takes what it was given.
  bool portions_left() const { return portions_left_; }

  const History& history() const { return history_; }
  /// Bytes produced (master) or applied (replica).
  std::int64_t offset() const { return offset_; }
  /// How much of its master's data a replica may be judged by: nothing while a full transfer replaces it.
  std::int64_t usable_offset() const;
  const Backlog& backlog() const { return backlog_; }
  Config& config() { return config_; }

 private:
  void activate();
  void append_to_stream(std::string_view bytes);
  void append_get_ack();
  bool can_continue(std::string_view id, std::int64_t offset) const;
  void continue_from(ClientId client, ReplicaInfo& replica, std::int64_t offset, Ms now);
  void begin_waiting_snapshot(Ms now);
  void keep_waiting_alive(Ms now);
  void drop_silent_replicas(Ms now);
  void forward_stream(const Unsent& unsent, Ms now);
  bool lags_too_far(ReplicaInfo& replica, std::size_t lag, Ms now) const;
  int count_acked(std::int64_t offset) const;
  void answer_waits(Ms now);
  void handle_link_events();
  void disconnect_replicas();
  void step_failover(Ms now);
  void end_failover(bool handed_over);
  void shift_history(std::string new_id);

  struct Wait {
    ClientId client;
    int replicas;
    std::int64_t offset;
    Ms deadline;  // 0: none
  };

  struct Failover {
    enum class State { kNone, kWaiting, kInProgress } state = State::kNone;
    FailoverRequest request;
    Ms deadline = 0;  // 0: none
  };

  Config config_;
  Prng prng_;
  History history_;
  std::int64_t offset_ = 0;
  bool replica_ = false;
  bool active_ = false;     // somebody replicates, or did: the stream is kept
  bool resumable_ = false;  // as a replica: the data is what history_ and offset_ say
  History pending_;         // as a replica: of the snapshot that is arriving
  std::int64_t pending_offset_ = 0;
  bool snapshot_running_ = false;
  int stream_db_ = -1;  // -1: the next command fed must be preceded by SELECT
  Backlog backlog_;
  ReplicaSet replicas_;
  MasterLink link_;
  std::vector<Wait> waits_;
  std::uint64_t partial_refused_ = 0;
  Failover failover_;
  bool ask_for_acks_ = false;
  bool paused_ = false;
  bool portions_left_ = false;
  Ms last_ping_ = 0;
  Ms last_newline_ = 0;
  Actions actions_;
};

}  // namespace node::replication

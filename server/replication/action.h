// What the replication rooms ask of the node that runs them, in order, and the configuration they obey.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "server/cluster/action.h"
#include "server/defects/defects.h"

namespace node::replication {

/// The node's own id of a client connection that is (or may become) a replica.
using ClientId = std::uint64_t;

struct Config {
  Ms timeout = 60000;                      // repl-timeout
  Ms ping_period = 10000;                  // repl-ping-replica-period
  std::size_t backlog_size = 1024 * 1024;  // repl-backlog-size
  bool diskless = true;                    // repl-diskless-sync
  Ms diskless_delay = 5000;                // repl-diskless-sync-delay
  int diskless_max_replicas = 0;  // repl-diskless-sync-max-replicas: so many need not wait; 0: no limit
  int port = 6379;                // told to the master (replica-announce-port)
  std::string announce_ip;        // replica-announce-ip
  Defects defects;                // rules that are broken on purpose
  std::string strong_copy;        // who acknowledges, in strong mode; empty: the mode is off
  std::string masteruser;
  std::string masterauth;
  // client-output-buffer-limit replica: of the stream that a replica has not taken yet; 0: none
  std::size_t replica_hard_limit = 256u * 1024 * 1024;
  std::size_t replica_soft_limit = 64u * 1024 * 1024;
  Ms replica_soft_period = 60000;
};

// ---- as a replica ----

/// Open the connection to the master, closing an older one; answer with on_master_connected or
/// on_master_closed.
struct ConnectMaster {
  std::string ip;
  int port;
};
struct SendMaster {
  std::string bytes;
};
struct CloseMaster {};
/// A full transfer begins: collect what follows (in a file or in memory).
struct SnapshotBegin {};
struct SnapshotBytes {
  std::string bytes;
};
/// It is whole: replace all data by it, then call on_snapshot_loaded.
struct SnapshotEnd {};
/// The link broke in the middle: throw away what was collected, keep the data.
struct SnapshotAbort {};
/// Replication::stream() has new bytes: execute its whole commands, then consume() them.
struct StreamReady {};

// ---- as a master ----

struct SendReplica {
  ClientId client;
  std::string bytes;
};
struct CloseReplica {
  ClientId client;
};
/// Take a snapshot of the data as it is right now (fork, or serialise at once), before anything else is
/// executed, and send it to these clients: with `eof_mark` empty "$<length>\r\n" and the RDB, else
/// "$EOF:<eof_mark>\r\n", the RDB, eof_mark. Then call on_snapshot_sent for each client, or
/// on_snapshot_failed. The RDB's aux fields: repl-stream-db, repl-id and repl-offset as given here.
struct TakeSnapshot {
  std::vector<ClientId> clients;
  std::string eof_mark;
  std::string repl_id;
  std::int64_t repl_offset;
  bool functions_only = false;
};
/// Nobody waits for the running snapshot any more: it may be stopped.
struct AbortSnapshot {};
/// FAILOVER begins, or is over without a new master: writes wait, or go on.
struct PauseWrites {};
struct ResumeWrites {};
/// FAILOVER: the replica at this address has all there is (or time is up); follow it, which ends in
/// HandedOver or HandoverFailed.
struct HandOver {
  std::string ip;
  int port;
};
struct HandedOver {};
/// The heir refused, or the operator gave up: be the master again.
struct HandoverFailed {};
/// A WAIT has its answer.
struct WaitDone {
  ClientId client;
  int replicas;
};
struct Log {
  LogLevel level;
  std::string text;
};

using Action =
    std::variant<ConnectMaster, SendMaster, CloseMaster, SnapshotBegin, SnapshotBytes, SnapshotEnd,
                 SnapshotAbort, StreamReady, SendReplica, CloseReplica, TakeSnapshot, AbortSnapshot,
                 PauseWrites, ResumeWrites, HandOver, HandedOver, HandoverFailed, WaitDone, Log>;
using Actions = std::vector<Action>;

}  // namespace node::replication

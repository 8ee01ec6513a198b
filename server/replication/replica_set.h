// A master's replicas: how far each is in its synchronisation, and what it acknowledged.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "server/replication/action.h"

namespace node::replication {

struct ReplicaInfo {
  enum class Phase {
    kHandshake,     // REPLCONF seen, no PSYNC yet
    kWaitSnapshot,  // full synchronisation asked for; the snapshot has not begun
    kSnapshot,      // the snapshot is being made or sent
    kWaitAck,       // an EOF transfer is done; nothing may be sent before the first acknowledgement
    kOnline,
  };
  Phase phase = Phase::kHandshake;
  std::string ip;             // announced with REPLCONF ip-address; empty: use the peer's
  std::string peer_ip;        // of the connection
  int port = 0;               // announced with REPLCONF listening-port
  bool transferring = false;  // kSnapshot: it is made, and on its way
  bool capa_eof = false;
  bool capa_psync2 = false;
  bool plain_sync = false;       // SYNC instead of PSYNC (redis-cli --rdb): no acknowledgements, no timeouts
  bool rdb_only = false;         // REPLCONF rdb-only: closed after the snapshot
  bool functions_only = false;   // REPLCONF rdb-filter-only functions: no keys in the snapshot
  std::string strong_copy;       // REPLCONF strong-copy: whose acknowledgements these are
  std::int64_t next_offset = 0;  // of the next stream byte to send
  std::int64_t acked = 0;
  Ms ack_time = 0;
  Ms waiting_since = 0;
  Ms over_soft_since = 0;  // when it began to lag by more than the soft limit; 0: it does not

  const std::string& address() const { return ip.empty() ? peer_ip : ip; }
  /// As INFO replication words it.
  const char* state_name() const {
    switch (phase) {
      case Phase::kHandshake:
      case Phase::kWaitSnapshot:
        return "wait_bgsave";
      case Phase::kSnapshot:
        return transferring ? "send_bulk" : "wait_bgsave";
      default:
        return "online";
    }
  }
};

using ReplicaSet = std::map<ClientId, ReplicaInfo>;

}  // namespace node::replication

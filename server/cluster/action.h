// What the cluster rooms ask of the node that runs them. They own no sockets, files or clocks: an input
// changes their state, and drain() hands out these actions, to be performed strictly in order.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace node {

/// Milliseconds. `now` values are unix time that never goes back: anchor a monotonic clock to the wall clock
/// once.
using Ms = std::int64_t;

enum class LogLevel { kDebug, kVerbose, kNotice, kWarning };

namespace cluster {

/// One bus connection. Ids are given by Cluster (for both directions) and never used twice.
using LinkId = std::uint64_t;

/// Open a bus connection; answer with on_link_up or on_link_down (never both at once, never from within).
struct Connect {
  LinkId link;
  std::string ip;
  int port;
};
struct Send {
  LinkId link;
  std::string bytes;
};
/// Close it without a call back: the link is already forgotten here. Bytes sent before may be lost.
struct Close {
  LinkId link;
};
/// Save this text as nodes.conf, atomically: with `fsync` so that a power cut leaves it, without so that a
/// kill of the process does. Only then perform the following actions. If it cannot be written, stop the
/// process: a vote or an epoch must never leave a node that could forget it.
struct Persist {
  std::string text;
  bool fsync;
};
/// This node was a replica and is a master now: stop replicating, keep the data, take a new replication id.
struct BecomeMaster {};
/// Replicate from this address from now on (the address of the same master may have changed).
struct ReplicateFrom {
  std::string ip;
  int port;
};
/// CLUSTER RESET of a replica: drop all keys (after BecomeMaster).
struct FlushData {};
/// The slot was lost to another node while keys of it were here: they are stale, delete them.
struct DeleteKeysInSlot {
  int slot;
};
/// The slot left this shard: unsubscribe (with a push) the clients of shard channels that hash to it.
struct DropShardChannels {
  int slot;
};
/// This node is of another shard now: unsubscribe those of all shard channels that are not the shard's.
struct DropForeignShardChannels {};
/// A message published elsewhere: hand it to the local subscribers.
struct DeliverPublish {
  bool sharded;
  std::string channel;
  std::string message;
};
/// Manual failover: hold every write (and expiry) until then or until ResumeWrites, whichever is first.
struct PauseWrites {
  Ms until;
};
struct ResumeWrites {};
/// cluster_state changed; blocked clients may have to be redirected (also after any ownership change: see
/// route_blocked in redirect.h).
struct StateChanged {
  bool ok;
};
/// Strong mode: the seat is lost. What was about to be answered never may be: close those connections.
struct DropAnswers {};
struct Log {
  LogLevel level;
  std::string text;
};

using Action = std::variant<Connect, Send, Close, Persist, BecomeMaster, ReplicateFrom, FlushData,
                            DeleteKeysInSlot, DropShardChannels, DropForeignShardChannels, DeliverPublish,
                            PauseWrites, ResumeWrites, StateChanged, DropAnswers, Log>;
using Actions = std::vector<Action>;

}  // namespace cluster
}  // namespace node

/// What a client is to the commands: its selected database, its transaction, its subscriptions, what it waits
/// for. No socket: the node's connection holds one, and so do scripts and the master's stream.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "server/acl/user.h"
#include "server/keyspace/entry.h"
#include "server/pubsub/subscriber.h"

namespace node {

/// A client that waits for a key to become non-empty. Its command runs again, whole, when one might be.
struct Blocked {
  enum class For : std::uint8_t { keys, wait, pause, shutdown } reason = For::keys;
  std::vector<std::string> argv;
  std::vector<std::string> keys;
  Type wanted = Type::list;
  std::int64_t deadline_ms = 0;  ///< 0: for ever
  bool null_array = true;        ///< the reply of a timeout: null array, or null
  bool needs_stream = false;     ///< reads in a group: to lose a key that it waits for is an error
};

struct WatchedKey {
  int db;
  std::string key;
  bool expired;  ///< past its time already when WATCH came: its removal changes nothing
};

struct QueuedCommand {
  const struct Command* command;
  std::uint32_t flags;  ///< the command's, or those of the script that it runs
  std::vector<std::string> argv;
};

struct Session : Subscriber {
  enum class Kind : std::uint8_t { normal, replica, master, script, loader };
  enum class ReplyMode : std::uint8_t { on, off, skip_next, skip };

  Kind kind = Kind::normal;
  int db = 0;
  std::string name, lib_name, lib_version, address, local_address;
  std::int64_t created_ms = 0, active_ms = 0;
  const struct Command* last_command = nullptr;

  bool in_command = false;  ///< its command runs: no other one may begin
  bool authenticated = false;
  /// Whose permissions it has; never one that is gone. Null: it is to be obeyed (the master, a loader).
  acl::User* user = nullptr;
  bool asking = false;
  bool readonly = false;
  bool no_evict = false;
  bool monitor = false;
  bool close_after_reply = false;
  ReplyMode reply_mode = ReplyMode::on;

  // Transactions.
  bool in_multi = false;
  bool abort_exec = false;    ///< a queued command was refused: EXEC answers EXECABORT
  bool watch_broken = false;  ///< a watched key changed: EXEC answers null
  bool executing = false;     ///< inside EXEC or a script: nothing may block
  std::vector<QueuedCommand> queue;
  std::vector<WatchedKey> watched;

  std::unique_ptr<Blocked> blocked;
  std::int64_t write_offset = 0;  ///< replication offset after its last write, for WAIT
};

}  // namespace node

/// What the engine and the commands need of the world outside the keyspace: the clock, other clients, the
/// disk, other servers, the process. One small interface each; the node implements each by a class of its
/// own.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "server/engine/memory_report.h"

namespace node {

struct Session;
struct Subscriber;
struct Call;

struct ClockPort {
  virtual ~ClockPort() = default;
  virtual std::int64_t now_us() const = 0;  ///< unix time
  virtual std::int64_t monotonic_us() const = 0;
};

struct LogPort {
  virtual ~LogPort() = default;
  /// A line for the log, level as redis: . - * #
  virtual void log(char level, std::string_view text) const = 0;
};

struct SessionsPort {
  virtual ~SessionsPort() = default;
  virtual void for_each(const std::function<void(Session&)>& visit) = 0;
  virtual Session* find(std::uint64_t id) = 0;
  /// Output was appended outside of the session's own command, or it may go on after blocking.
  virtual void wake(const Subscriber& session) = 0;
  /// Closes as soon as the running command is done.
  virtual void close(Session& session) = 0;
  /// Bytes that wait to be read from and to be sent to the client, and its descriptor: for CLIENT LIST.
  struct Traffic {
    std::size_t input = 0, output = 0;
    int descriptor = -1;
  };
  virtual Traffic traffic(const Session& session) const = 0;
  /// Clients are held back until then (CLIENT PAUSE, manual failover); 0 resumes.
  virtual void pause(std::int64_t until_ms, bool writes_only) = 0;
  virtual bool paused(bool write) const = 0;
};

/// Who hears of a change.
namespace propagate_to {
inline constexpr unsigned aof = 1, replicas = 2, all = aof | replicas;
}

struct ChangesPort {
  virtual ~ChangesPort() = default;
  /// A change that the append-only file and the replicas (propagate_to) must hear of; already encoded, one
  /// command.
  virtual void propagate(int db, std::string_view resp, unsigned targets) = 0;
  /// Whether anybody listens to propagate().
  virtual bool propagating() const = 0;
};

/// Data on disk. A text is the error line.
struct PersistencePort {
  virtual ~PersistencePort() = default;
  virtual std::optional<std::string> save() = 0;
  virtual std::optional<std::string> background_save(bool schedule) = 0;
  virtual std::optional<std::string> background_rewrite(bool& scheduled) = 0;
  virtual std::int64_t last_save_s() const = 0;
  /// FLUSHALL emptied all databases.
  virtual void data_flushed() = 0;
  virtual std::optional<std::string> debug_reload(bool save, bool flush, bool merge) = 0;
  virtual std::optional<std::string> debug_load_aof() = 0;
  /// Writes refused with MISCONF, if they are to be.
  virtual std::optional<std::string> write_refusal() const = 0;
};

struct ReplicationPort {
  virtual ~ReplicationPort() = default;
  virtual bool is_replica() const = 0;
  virtual bool link_up() const = 0;
  virtual std::int64_t offset() const = 0;
  virtual int good_replicas() const = 0;

  virtual void command_replicaof(Call& call) = 0;
  virtual void command_role(Call& call) = 0;
  virtual void command_replconf(Call& call) = 0;
  virtual void command_psync(Call& call) = 0;
  virtual void command_wait(Call& call) = 0;
  virtual void command_failover(Call& call) = 0;
};

struct MemoryPort {
  virtual ~MemoryPort() = default;
  virtual std::size_t used() const = 0;
  /// Of that what counts against maxmemory: not the output that waits for replicas, nor for the append-only
  /// file. Evicting keys makes both grow.
  virtual std::size_t for_data() const = 0;
  /// Keys went: used() is about so much less, should it answer from memory.
  virtual void freed(std::size_t bytes) = 0;
  virtual MemoryReport report() const = 0;
  /// Gives free pages back to the system.
  virtual void give_back() = 0;
};

struct ShutdownPort {
  virtual ~ShutdownPort() = default;
  /// An error line, or the node ends after this turn, or later, when replicas have everything.
  virtual std::optional<std::string> begin(bool nosave, bool save, bool now, bool force) = 0;
  /// It waits for replicas.
  virtual bool waiting() const = 0;
  virtual bool abort() = 0;
};

struct MigrationPort {
  virtual ~MigrationPort() = default;
  virtual void command_migrate(Call& call) = 0;
};

/// The process as a whole.
struct ServerPort {
  virtual ~ServerPort() = default;
  /// After CONFIG SET: takes over what changed. A text is the error and the change is undone.
  virtual std::optional<std::string> apply_config(std::span<const std::string> names) = 0;
  /// The file of users (aclfile). A text is the error.
  virtual std::optional<std::string> read_users(std::string& text) = 0;
  virtual std::optional<std::string> write_users(std::string_view text) = 0;
  /// Appends one INFO section that is the node's to know; false when the name is not one.
  virtual bool info_section(std::string_view name, std::string& out) = 0;
  /// Called now and then by what runs long (a script, a load): serves other clients, which are refused all
  /// but the commands that may run then. Does not return when one of them was SHUTDOWN.
  virtual void serve_while_busy() = 0;
};

/// All of them, as the engine gets them; each outlives it.
struct Ports {
  ClockPort& clock;
  LogPort& logger;
  SessionsPort& sessions;
  ChangesPort& changes;
  PersistencePort& persistence;
  ReplicationPort& replication;
  MemoryPort& memory;
  ShutdownPort& shutdown;
  MigrationPort& migration;
  ServerPort& server;
};

}  // namespace node

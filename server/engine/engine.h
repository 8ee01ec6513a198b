/// Runs commands: finds them in the table, checks what must hold before they run (authentication, cluster
/// redirection, read-only replica, memory), queues transactions, blocks and wakes clients, and tells
/// its ports what to propagate. Everything a command touches is reached from here.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "server/config/config.h"
#include "server/engine/cluster_port.h"
#include "server/engine/command_table.h"
#include "server/engine/latency.h"
#include "server/engine/permissions.h"
#include "server/engine/ports.h"
#include "server/engine/scripts.h"
#include "server/engine/session.h"
#include "server/keyspace/database.h"
#include "server/keyspace/eviction.h"
#include "server/pubsub/pubsub.h"
#include "server/pubsub/tracking.h"

namespace node {

struct CommandStats {
  std::uint64_t calls = 0, usec = 0, rejected = 0, failed = 0;
  LatencyHistogram latency;
};

struct SlowEntry {
  std::uint64_t id;
  std::int64_t time_s, usec;
  std::vector<std::string> argv;
  std::string address, name;
};

class Engine {
 public:
  Engine(Config& config, const Ports& ports, const CommandTable& table, Database::SlotOf slot_of);
  ~Engine();

  /// One request of a client. False: it was held back (CLIENT PAUSE) and must be offered again later.
  bool process(Session& session, const std::vector<std::string_view>& argv);
  /// Runs a command for a script, EXEC, or a loader: no checks of transactions and authentication.
  void call(Session& session, const Command& command, const std::vector<std::string_view>& argv);
  /// The checks that precede execution; an error line, or nothing.
  std::optional<std::string> refusal(Session& session, const Command& command,
                                     const std::vector<std::string_view>& argv);

  /// Serves clients blocked on keys that came to life. After every top-level command; also after a load.
  void serve_ready();
  /// Times out blocked clients.
  void expire_blocked();
  void unblock(Session& session);
  void forget(Session& session);
  /// This node is a master no more: who waits for a key is told so and disconnected.
  void release_blocked();
  /// Answers clients blocked on keys that moved away.
  void redirect_blocked();

  /// A connection begins, or begins anew: it is the default user, who may have to say a password first.
  void begin_as_default(Session& session) const;
  /// Whether it is to say a password before anything else.
  bool is_stranger(const Session& session) const;
  /// Whether its user may do that. What is denied stands in the log of ACL.
  acl::Decision permitted(const Session& session, const Command& command,
                          const std::vector<std::string_view>& argv, acl::Context context);
  /// `object`: what it asked for; `user`: as whom, unless as the session's own.
  void note_denied(const Session& session, acl::Denied reason, acl::Context context, std::string object,
                   std::string user = {});
  /// The user is about to go: its connections are closed.
  void drop_sessions_of(const acl::User& user);
  /// The rules of a user are about to change: who listens to what it may not any more is disconnected.
  void drop_listeners(const acl::User& before, const acl::User& after);

  /// Counts an error reply; `before`: the command was refused, not run.
  void note_error(std::string_view line, const Command* command, bool before);

  CommandStats& stats_of(const Command& command) { return stats[table.number_of(command)]; }

  std::span<const std::unique_ptr<Database>> databases() const { return databases_; }
  Database& db(int index) { return *databases_[static_cast<std::size_t>(index)]; }
  std::size_t db_count() const { return databases_.size(); }
  void flush_all();
  /// On a writable replica: keys whose time passed and whose expiry a client set here go; of the others the
  /// master tells.
  void expire_written_here();
  void flush(Database& d);

  /// Evicts keys until what is used is within maxmemory, or for a while: `evicting` then tells that it is to
  /// be called again. True: too much is used and no key may go.
  bool evict();
  std::uint64_t total_keys() const;

  /// WATCH bookkeeping and wake-ups; the databases report here.
  void touched(Database& db, std::string_view key);
  /// The key changed, and yet there is nothing new in it for who waits.
  void tell_watchers(Database& db, std::string_view key);
  /// Who waits for the key shall look again, though it counts as unchanged to WATCH.
  void note_ready(Database& db, std::string_view key);
  /// All of `old` is about to go, or to be replaced by `fresh`.
  void before_replaced(Database& old, Database* fresh);
  void unwatch(Session& session);
  void watch(Session& session, std::string_view key);
  /// A watched key whose time came meanwhile: EXEC must fail.
  bool watched_expired(const Session& session);

  /// Tells subscribers of keyspace events. Cheap while notify-keyspace-events is empty.
  void notify(char event_class, std::string_view name, std::string_view key, int db) {
    if (notify_classes != 0) publish_event(event_class, name, key, db);
  }

  /// Keeps an event that took as long as latency-monitor-threshold says.
  void note_latency(std::string_view event, std::int64_t usec) {
    if (config.latency_threshold_ms > 0 && usec >= config.latency_threshold_ms * 1000)
      latency.add(event, state.now_ms / 1000, usec / 1000);
  }

  /// Collects what one unit of work (command, transaction, script) propagates.
  void enqueue_propagation(int db, const std::vector<std::string_view>& words);
  void begin_unit() { ++unit_depth_; }
  /// Not atomic: keys that expired on the way, each of which may go by itself.
  void end_unit(bool atomic = true);
  void flush_propagation(bool atomic = true);

  /// For a script that is about to begin.
  bool memory_is_full() const;

  Config& config;
  const Ports ports;
  const CommandTable& table;
  Permissions permissions;
  KeyspaceState state;
  PubSub pubsub;
  Tracking tracking;
  ClusterPort* cluster = nullptr;
  Scripts* scripts = nullptr;  ///< whoever makes the engine sets it before the first command

  std::vector<CommandStats> stats;
  std::map<std::string, std::uint64_t> error_counts;  ///< by error code
  std::uint64_t commands_processed = 0;
  std::uint64_t blocked_count = 0;
  std::uint64_t evicted_keys = 0;
  std::int64_t next_deadline_ms = INT64_MAX;  ///< of a blocked client; expire_blocked() keeps it
  LatencyEvents latency;
  std::vector<SlowEntry> slow_log;
  std::uint64_t slow_id = 0;
  std::uint32_t notify_classes = 0;  ///< of the configuration: notify_classes_of()
  bool error_counted =
      false;  ///< the error that the running command answers stands in the statistics already
  bool active_expire = true;
  bool cron_paused = false;             ///< DEBUG PAUSE-CRON
  bool skip_checksums = false;          ///< DEBUG SET-SKIP-CHECKSUM-VALIDATION
  std::int64_t aof_flush_sleep_us = 0;  ///< DEBUG AOF-FLUSH-SLEEP
  bool loading = false;
  bool evicting = false;
  struct {
    std::int64_t since_us = 0;  ///< monotonic; 0: within maxmemory
    std::int64_t total_us = 0;  ///< before that
  } excess;                     ///< time beyond maxmemory
  Eviction eviction;
  int monitors = 0;
  unsigned propagation_targets = propagate_to::all;  ///< of what is enqueued from now on: redis.set_repl()

 private:
  void note_written_here(const Command& command, int db, const std::vector<std::string_view>& argv);
  friend struct Call;
  bool out_of_memory(const Session& session, bool may_grow);
  bool make_room();
  void note_excess(bool over);
  std::size_t evict_one(Database& d, const std::string& key);
  void publish_event(char event_class, std::string_view name, std::string_view key, int db);
  static WatchedKey& watched_key(Session& session, const std::pair<int, std::string>& name);
  void track_reads(Session& session, const Command& command, const std::vector<std::string_view>& argv);
  void feed_monitors(const Session& session, const std::vector<std::string_view>& argv);
  void retry_blocked(Session& session, std::string_view ready_key);
  void lose_stream(Session& session);
  std::optional<std::string> cluster_refusal(Session& session, const Command& command,
                                             const std::vector<std::string_view>& argv);
  void queue_command(Session& session, const Command& command, std::uint32_t flags,
                     const std::vector<std::string_view>& argv);

  bool is_redacted(std::size_t word) const;
  std::vector<std::string> shown_words(const std::vector<std::string_view>& argv) const;

  std::vector<std::unique_ptr<Database>> databases_;
  std::vector<std::size_t> redacted_;  ///< words of the running command
  std::map<std::pair<int, std::string>, std::vector<Session*>> watchers_;
  std::map<std::pair<int, std::string>, std::vector<Session*>> waiting_;
  std::vector<std::pair<int, std::string>> ready_;
  struct Propagated {
    int db;
    std::string resp;
    unsigned targets;
  };
  std::vector<Propagated> pending_;
  int unit_depth_ = 0;
  std::set<std::pair<int, std::string>> written_here_;
  struct {
    const Command* command = nullptr;
    const std::vector<std::string_view>* argv = nullptr;
  } outer_;                     ///< the command that runs, or whose script does
  Session* current_ = nullptr;  ///< whose command runs: the client's, not its script's
  bool out_of_memory_ = false;  ///< when the last command began that could make a script run
};

}  // namespace node

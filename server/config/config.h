/// The configuration: redis.conf's directives, by table. A directive that stands in the table without an
/// effect here (tuning of another allocator, of modules, …) is accepted, kept and shown, so that existing
/// files start; an unknown one is refused with its line.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "server/defects/defects.h"

namespace node {

struct SavePoint {
  std::int64_t seconds, changes;
};

struct BufferLimit {
  std::int64_t hard = 0, soft = 0, soft_seconds = 0;
};

struct Config {
  // Network.
  std::int64_t port = 6379;
  std::string bind = "127.0.0.1 -::1";
  bool protected_mode = true;
  std::int64_t backlog = 511, timeout_s = 0, keepalive_s = 300, maxclients = 10000;
  std::string unixsocket, unixsocket_permissions = "0";
  std::int64_t proto_max_bulk = 512ll << 20, query_buffer_limit = 1ll << 30;
  std::string output_limits = "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60";
  std::string enable_debug = "no", enable_protected_configs = "no", enable_module_command = "no";
  std::string requirepass;
  std::string acl_file, acl_pubsub_default = "resetchannels";
  std::int64_t acl_log_length = 128;
  /// The words of the lines "user NAME rules", without the first.
  std::vector<std::vector<std::string>> users;

  // Process.
  bool daemonize = false;
  std::string supervised = "no", pidfile, logfile, loglevel = "notice", dir = ".";
  std::int64_t databases = 16, hz = 10;
  std::string crash_log = "yes";
  std::int64_t shutdown_timeout_s = 10;
  std::string shutdown_on_sigint = "default", shutdown_on_sigterm = "default";

  // Memory.
  std::int64_t maxmemory = 0;
  std::string maxmemory_policy = "noeviction";
  std::int64_t tracking_keys = 1000000;
  std::int64_t maxmemory_clients = 0;  ///< bytes, or when negative a percentage of maxmemory
  std::int64_t maxmemory_samples = 5, eviction_tenacity = 10, lfu_log_factor = 10, lfu_decay_minutes = 1;
  bool lazy_user_del = false, lazy_user_flush = false, lazy_eviction = false, replica_ignore_maxmemory = true;

  // Persistence.
  std::string save = "3600 1 300 100 60 10000";
  std::string dbfilename = "dump.rdb";
  bool stop_writes_on_error = true, rdb_compression = true, rdb_checksum = true;
  bool appendonly = false, no_appendfsync_on_rewrite = false, aof_load_truncated = true;
  bool aof_use_rdb_preamble = true, aof_timestamp = false, aof_incremental_fsync = true;
  bool aof_disable_auto_gc = false;
  std::string appendfilename = "appendonly.aof", appenddirname = "appendonlydir", appendfsync = "everysec";
  std::int64_t aof_rewrite_percent = 100, aof_rewrite_min = 64ll << 20;

  // Replication.
  std::string replicaof, masterauth, masteruser, replica_announce_ip;
  std::int64_t replica_announce_port = 0, replica_priority = 100;
  bool serve_stale = true, replica_read_only = true, diskless = true;
  std::int64_t diskless_max_replicas = 0, rdb_key_save_delay_us = 0;
  std::int64_t diskless_delay_s = 5, repl_timeout_s = 60, repl_ping_period_s = 10;
  std::int64_t repl_backlog_size = 1 << 20, repl_backlog_ttl_s = 3600;
  std::string diskless_load = "disabled";
  std::int64_t min_replicas = 0, min_replicas_max_lag_s = 10;

  // Cluster.
  bool cluster_enabled = false;
  std::string cluster_config_file = "nodes.conf";
  std::int64_t cluster_node_timeout = 15000, cluster_port = 0, cluster_announce_port = 0,
               cluster_announce_bus_port = 0, cluster_migration_barrier = 1, cluster_validity_factor = 10,
               cluster_link_sendbuf_limit = 0;
  std::string cluster_announce_ip, cluster_announce_hostname, cluster_preferred_endpoint = "ip";
  bool cluster_full_coverage = true, cluster_reads_when_down = false, cluster_pubsub_when_down = true,
       cluster_replica_migration = true, cluster_no_failover = false, cluster_strong = false;

  // Commands.
  std::int64_t lua_time_limit_ms = 5000;
  bool lua_deprecated_api = false;
  std::int64_t slowlog_threshold_us = 10000, slowlog_length = 128, latency_threshold_ms = 0;
  bool latency_tracking = true;
  std::string latency_percentiles = "50 99 99.9";  ///< what INFO latencystats tells
  std::int64_t hash_entries = 512, hash_value = 64, zset_entries = 128, zset_value = 64, intset_entries = 512;
  std::int64_t list_size = -2, list_depth = 0, hll_sparse_max = 3000;
  std::int64_t stream_bytes = 4096, stream_entries = 100;
  std::string notify_events;
  std::int64_t key_load_delay_us = 0;

  // Mistakes made on purpose: of the configuration's texts alone, never by CONFIG SET.
  bool seeded_defects_enabled = false;
  Defects defects;

  /// Values of directives that are kept without an effect, by name.
  std::map<std::string, std::string> inert;
  bool saves_given = false;  ///< some `save` line took the place of the defaults: later ones add up
  /// The file given on the command line; empty: none.
  std::string file;

  std::vector<SavePoint> save_points() const;
  /// `who`: normal, replica or pubsub.
  BufferLimit output_limit(std::string_view who) const;
};

/// A line of the table.
struct Directive {
  enum class Kind : std::uint8_t { yes_no, integer, memory, text, choice, save, limits };
  std::string_view name, alias;
  Kind kind;
  std::variant<bool Config::*, std::int64_t Config::*, std::string Config::*> member;
  bool mutable_at_run = true;
  std::int64_t min = INT64_MIN, max = INT64_MAX;
  std::string_view choices{};  ///< separated by spaces
};

/// Accepted and kept, without an effect here, with the value CONFIG GET shows at first.
struct InertDirective {
  std::string_view name, value;
};
/// What CONFIG SET says to other values of a directive without an effect here. Those for which silence would
/// be a lie (a TLS port that nobody listens on, a file of users that nobody reads) keep their default, in the
/// file too.
struct InertRule {
  enum class When : std::uint8_t { any_time, at_start, never };
  std::string_view name;
  When when = When::any_time;
  std::string_view choices{};  ///< separated by spaces; none: whatever is of the default's kind
  bool immutable = when == When::at_start;
};
InertRule inert_rule(std::string_view name);
/// CONFIG SET of these needs enable-protected-configs: with them a client writes files where it likes.
bool is_protected(std::string_view directive);
std::span<const Directive> directives();
std::span<const InertDirective> inert_directives();
const Directive* find_directive(std::string_view name);

/// Sets one directive from its words. A text says what is wrong, in redis's words.
std::optional<std::string> set_directive(Config& config, std::string_view name,
                                         std::span<const std::string> words);

/// Names and values that match any of the glob patterns, in the table's order.
std::vector<std::pair<std::string, std::string>> get_directives(const Config& config,
                                                                std::span<const std::string> patterns);

/// Reads FILE, then `--directive value …`. Throws ConfigError with the line and the reason.
struct ConfigError {
  std::string text;
};
Config load_config(std::span<const std::string> arguments);

/// The text of the file that an `include` names; nothing where it cannot be read.
using IncludeReader = std::function<std::optional<std::string>(const std::string& path)>;
std::optional<std::string> read_included_file(const std::string& path);

/// How deep files may include each other.
inline constexpr int kMaxIncludeDepth = 16;

/// `where` names the text in an error; `depth` counts the files that led to it.
void load_config_text(Config& config, std::string_view text, const std::string& where,
                      const IncludeReader& read_included = read_included_file, int depth = 0);

/// The file's text with the lines of changed directives replaced and what is missing appended; comments stay.
/// `users`: the lines that take the place of those of users. `defaults_too`: every directive is written.
std::string rewrite_config(const Config& config, std::string_view old_text,
                           std::span<const std::string> users = {}, bool defaults_too = false);

/// notify-keyspace-events as bits, one a letter; nothing when a letter is unknown. 'A' stands for all classes
/// but m and n.
constexpr std::uint32_t notify_bit(char letter) {
  constexpr std::string_view letters = "g$lshzxetdKEmn";
  const std::size_t at = letters.find(letter);
  return at == std::string_view::npos ? 0 : std::uint32_t{1} << at;
}
std::optional<std::uint32_t> notify_classes_of(std::string_view text);
/// The letters in redis's order.
std::string notify_text(std::uint32_t classes);

/// "1gb", "512k", "100": bytes.
std::optional<std::int64_t> parse_memory(std::string_view text);

}  // namespace node

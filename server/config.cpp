#include "server/config.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include "server/keyspace/number.h"
#include "server/pubsub/pubsub.h"
#include "server/resp/parser.h"

namespace node {

namespace {

using K = Directive::Kind;

constexpr Directive kDirectives[] = {
    {"port", "", K::integer, &Config::port, false, 0, 65535},
    {"bind", "", K::text, &Config::bind, false},
    {"protected-mode", "", K::yes_no, &Config::protected_mode},
    {"tcp-backlog", "", K::integer, &Config::backlog, false, 0},
    {"timeout", "", K::integer, &Config::timeout_s, true, 0},
    {"tcp-keepalive", "", K::integer, &Config::keepalive_s, true, 0},
    {"maxclients", "", K::integer, &Config::maxclients, true, 1, 1000000},
    {"unixsocket", "", K::text, &Config::unixsocket, false},
    {"unixsocketperm", "", K::text, &Config::unixsocket_permissions, false},
    {"proto-max-bulk-len", "", K::memory, &Config::proto_max_bulk, true, 1 << 20},
    {"client-query-buffer-limit", "", K::memory, &Config::query_buffer_limit, true, 1 << 20},
    {"client-output-buffer-limit", "", K::limits, &Config::output_limits},
    {"enable-debug-command", "", K::choice, &Config::enable_debug, false, 0, 0, "no yes local"},
    {"enable-protected-configs", "", K::choice, &Config::enable_protected_configs, false, 0, 0,
     "no yes local"},
    {"enable-module-command", "", K::choice, &Config::enable_module_command, false, 0, 0, "no yes local"},
    {"requirepass", "", K::text, &Config::requirepass},
    {"daemonize", "", K::yes_no, &Config::daemonize, false},
    {"supervised", "", K::choice, &Config::supervised, false, 0, 0, "no upstart systemd auto"},
    {"pidfile", "", K::text, &Config::pidfile, false},
    {"logfile", "", K::text, &Config::logfile, false},
    {"loglevel", "", K::choice, &Config::loglevel, true, 0, 0, "debug verbose notice warning"},
    {"dir", "", K::text, &Config::dir},
    {"databases", "", K::integer, &Config::databases, false, 1, INT32_MAX},
    {"hz", "", K::integer, &Config::hz, true, 1, 500},
    {"maxmemory", "", K::memory, &Config::maxmemory, true, 0},
    {"maxmemory-policy", "", K::choice, &Config::maxmemory_policy, true, 0, 0, "noeviction"},
    {"lazyfree-lazy-user-del", "", K::yes_no, &Config::lazy_user_del},
    {"lazyfree-lazy-user-flush", "", K::yes_no, &Config::lazy_user_flush},
    {"save", "", K::save, &Config::save},
    {"dbfilename", "", K::text, &Config::dbfilename},
    {"stop-writes-on-bgsave-error", "", K::yes_no, &Config::stop_writes_on_error},
    {"rdbcompression", "", K::yes_no, &Config::rdb_compression},
    {"rdbchecksum", "", K::yes_no, &Config::rdb_checksum, false},
    {"appendonly", "", K::yes_no, &Config::appendonly},
    {"appendfilename", "", K::text, &Config::appendfilename, false},
    {"appenddirname", "", K::text, &Config::appenddirname, false},
    {"appendfsync", "", K::choice, &Config::appendfsync, true, 0, 0, "always everysec no"},
    {"no-appendfsync-on-rewrite", "", K::yes_no, &Config::no_appendfsync_on_rewrite},
    {"auto-aof-rewrite-percentage", "", K::integer, &Config::aof_rewrite_percent, true, 0},
    {"auto-aof-rewrite-min-size", "", K::memory, &Config::aof_rewrite_min, true, 0},
    {"aof-load-truncated", "", K::yes_no, &Config::aof_load_truncated},
    {"aof-use-rdb-preamble", "", K::yes_no, &Config::aof_use_rdb_preamble},
    {"aof-timestamp-enabled", "", K::yes_no, &Config::aof_timestamp},
    {"aof-rewrite-incremental-fsync", "", K::yes_no, &Config::aof_incremental_fsync},
    {"replicaof", "slaveof", K::text, &Config::replicaof, false},
    {"masterauth", "", K::text, &Config::masterauth},
    {"masteruser", "", K::text, &Config::masteruser},
    {"replica-announce-ip", "slave-announce-ip", K::text, &Config::replica_announce_ip},
    {"replica-announce-port", "slave-announce-port", K::integer, &Config::replica_announce_port, true, 0,
     65535},
    {"replica-priority", "slave-priority", K::integer, &Config::replica_priority, true, 0},
    {"replica-serve-stale-data", "slave-serve-stale-data", K::yes_no, &Config::serve_stale},
    {"replica-read-only", "slave-read-only", K::yes_no, &Config::replica_read_only},
    {"repl-diskless-sync", "", K::yes_no, &Config::diskless},
    {"repl-diskless-sync-delay", "", K::integer, &Config::diskless_delay_s, true, 0},
    {"repl-diskless-sync-max-replicas", "", K::integer, &Config::diskless_max_replicas, true, 0, INT32_MAX},
    {"rdb-key-save-delay", "", K::integer, &Config::rdb_key_save_delay_us, true, INT32_MIN, INT32_MAX},
    {"repl-diskless-load", "", K::choice, &Config::diskless_load, true, 0, 0, "disabled on-empty-db swapdb"},
    {"repl-timeout", "", K::integer, &Config::repl_timeout_s, true, 1},
    {"repl-ping-replica-period", "repl-ping-slave-period", K::integer, &Config::repl_ping_period_s, true, 1},
    {"repl-backlog-size", "", K::memory, &Config::repl_backlog_size, true, 1},
    {"repl-backlog-ttl", "", K::integer, &Config::repl_backlog_ttl_s, true, 0},
    {"min-replicas-to-write", "min-slaves-to-write", K::integer, &Config::min_replicas, true, 0},
    {"min-replicas-max-lag", "min-slaves-max-lag", K::integer, &Config::min_replicas_max_lag_s, true, 0},
    {"cluster-enabled", "", K::yes_no, &Config::cluster_enabled, false},
    {"cluster-config-file", "", K::text, &Config::cluster_config_file, false},
    {"cluster-node-timeout", "", K::integer, &Config::cluster_node_timeout, true, 0},
    {"cluster-port", "", K::integer, &Config::cluster_port, false, 0, 65535},
    {"cluster-announce-ip", "", K::text, &Config::cluster_announce_ip},
    {"cluster-announce-hostname", "", K::text, &Config::cluster_announce_hostname},
    {"cluster-announce-port", "", K::integer, &Config::cluster_announce_port, true, 0, 65535},
    {"cluster-announce-bus-port", "", K::integer, &Config::cluster_announce_bus_port, true, 0, 65535},
    {"cluster-migration-barrier", "", K::integer, &Config::cluster_migration_barrier, true, 0, INT32_MAX},
    {"cluster-replica-validity-factor", "cluster-slave-validity-factor", K::integer,
     &Config::cluster_validity_factor, true, 0, INT32_MAX},
    {"cluster-link-sendbuf-limit", "", K::memory, &Config::cluster_link_sendbuf_limit, true, 0},
    {"cluster-preferred-endpoint-type", "", K::choice, &Config::cluster_preferred_endpoint, true, 0, 0,
     "ip hostname unknown-endpoint"},
    {"cluster-require-full-coverage", "", K::yes_no, &Config::cluster_full_coverage},
    {"cluster-allow-reads-when-down", "", K::yes_no, &Config::cluster_reads_when_down},
    {"cluster-allow-pubsubshard-when-down", "", K::yes_no, &Config::cluster_pubsub_when_down},
    {"cluster-allow-replica-migration", "", K::yes_no, &Config::cluster_replica_migration},
    {"cluster-replica-no-failover", "cluster-slave-no-failover", K::yes_no, &Config::cluster_no_failover},
    {"lua-time-limit", "busy-reply-threshold", K::integer, &Config::lua_time_limit_ms, true, 0},
    {"slowlog-log-slower-than", "", K::integer, &Config::slowlog_threshold_us, true, -1},
    {"slowlog-max-len", "", K::integer, &Config::slowlog_length, true, 0},
    {"latency-monitor-threshold", "", K::integer, &Config::latency_threshold_ms, true, 0},
    {"hash-max-listpack-entries", "hash-max-ziplist-entries", K::integer, &Config::hash_entries, true, 0},
    {"hash-max-listpack-value", "hash-max-ziplist-value", K::memory, &Config::hash_value, true, 0},
    {"zset-max-listpack-entries", "zset-max-ziplist-entries", K::integer, &Config::zset_entries, true, 0},
    {"zset-max-listpack-value", "zset-max-ziplist-value", K::memory, &Config::zset_value, true, 0},
    {"set-max-intset-entries", "", K::integer, &Config::intset_entries, true, 0},
    {"list-max-listpack-size", "list-max-ziplist-size", K::integer, &Config::list_size, true},
    {"list-compress-depth", "", K::integer, &Config::list_depth, true, 0},
    {"notify-keyspace-events", "", K::text, &Config::notify_events},
    {"crash-log-enabled", "", K::text, &Config::crash_log},
};

/// Accepted and kept, without an effect here, with the value CONFIG GET shows at first.
struct Inert {
  std::string_view name, value;
};
constexpr Inert kInert[] = {
    {"syslog-enabled", "no"},
    {"syslog-ident", "redis"},
    {"syslog-facility", "local0"},
    {"always-show-logo", "no"},
    {"set-proc-title", "yes"},
    {"proc-title-template", "{title} {listen-addr} {server-mode}"},
    {"locale-collate", ""},
    {"rdb-del-sync-files", "no"},
    {"repl-disable-tcp-nodelay", "no"},
    {"replica-ignore-maxmemory", "yes"},
    {"replica-lazy-flush", "no"},
    {"replica-announced", "yes"},
    {"propagation-error-behavior", "ignore"},
    {"replica-ignore-disk-write-errors", "no"},
    {"lazyfree-lazy-eviction", "no"},
    {"lazyfree-lazy-expire", "no"},
    {"lazyfree-lazy-server-del", "no"},
    {"io-threads", "1"},
    {"io-threads-do-reads", "no"},
    {"oom-score-adj", "no"},
    {"oom-score-adj-values", "0 200 800"},
    {"disable-thp", "yes"},
    {"shutdown-timeout", "10"},
    {"shutdown-on-sigint", "default"},
    {"shutdown-on-sigterm", "default"},
    {"maxmemory-samples", "5"},
    {"maxmemory-eviction-tenacity", "10"},
    {"maxmemory-clients", "0"},
    {"active-expire-effort", "1"},
    {"acllog-max-len", "128"},
    {"acl-pubsub-default", "resetchannels"},
    {"aclfile", ""},
    {"latency-tracking", "yes"},
    {"latency-tracking-info-percentiles", "50 99 99.9"},
    {"stream-node-max-bytes", "4096"},
    {"stream-node-max-entries", "100"},
    {"hll-sparse-max-bytes", "3000"},
    {"activerehashing", "yes"},
    {"dynamic-hz", "yes"},
    {"rdb-save-incremental-fsync", "yes"},
    {"lfu-log-factor", "10"},
    {"lfu-decay-time", "1"},
    {"activedefrag", "no"},
    {"active-defrag-ignore-bytes", "104857600"},
    {"active-defrag-threshold-lower", "10"},
    {"active-defrag-threshold-upper", "100"},
    {"active-defrag-cycle-min", "1"},
    {"active-defrag-cycle-max", "25"},
    {"active-defrag-max-scan-fields", "1000"},
    {"jemalloc-bg-thread", "yes"},
    {"ignore-warnings", ""},
    {"slave-lazy-flush", "no"},
    {"tracking-table-max-keys", "1000000"},
    {"sanitize-dump-payload", "no"},
    {"use-exit-on-panic", "no"},
    {"crash-memcheck-enabled", "yes"},
    {"key-load-delay", "0"},
    {"socket-mark-id", "0"},
    {"bind-source-addr", ""},
    {"server_cpulist", ""},
    {"bio_cpulist", ""},
    {"aof_rewrite_cpulist", ""},
    {"bgsave_cpulist", ""},
    {"close-on-replica-write", "yes"},
    {"loading-process-events-interval-bytes", "2097152"},
    {"cluster-allow-pubsub-when-down", "yes"},
    {"tls-port", "0"},
    {"tls-cluster", "no"},
    {"cluster-announce-tls-port", "0"},
    {"tls-replication", "no"},
};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

std::string join(std::span<const std::string> words) {
  std::string out;
  for (const std::string& w : words) out += (out.empty() ? "" : " ") + w;
  return out;
}

bool listed(std::string_view choices, std::string_view word) {
  std::istringstream in{std::string(choices)};
  for (std::string choice; in >> choice;)
    if (choice == word) return true;
  return false;
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  split_words(text, words);
  return words;
}

std::string quoted_list(std::string_view choices) {
  std::string out;
  for (const std::string& w : words_of(choices)) out += (out.empty() ? "" : ", ") + w;
  return out;
}

std::optional<std::string> set_save(Config& config, std::span<const std::string> given) {
  std::vector<std::string> words = words_of(join(given));
  if (words.empty()) {
    config.save.clear();
    return std::nullopt;
  }
  if (words.size() % 2) return "Invalid save parameters";
  for (const std::string& w : words) {
    const auto n = parse_integer(w);
    if (!n || *n < 0) return "Invalid save parameters";
  }
  config.save = join(words);
  return std::nullopt;
}

std::optional<std::string> set_limits(Config& config, std::span<const std::string> given) {
  const std::vector<std::string> words = words_of(join(given));
  if (words.empty() || words.size() % 4) return "Wrong number of arguments in buffer limit configuration.";
  std::vector<std::string> all = words_of(config.output_limits);
  for (std::size_t i = 0; i < words.size(); i += 4) {
    const std::string who = lower(words[i]) == "replica" ? "slave" : lower(words[i]);
    const auto at = std::find(all.begin(), all.end(), who);
    if (at == all.end()) return "Invalid client class specified in buffer limit configuration.";
    const auto hard = parse_memory(words[i + 1]), soft = parse_memory(words[i + 2]);
    const auto seconds = parse_integer(words[i + 3]);
    if (!hard || !soft || !seconds || *hard < 0 || *soft < 0 || *seconds < 0)
      return "Error in hard, soft or soft_seconds setting in buffer limit configuration.";
    at[1] = std::to_string(*hard);
    at[2] = std::to_string(*soft);
    at[3] = std::to_string(*seconds);
  }
  config.output_limits = join(all);
  return std::nullopt;
}

std::optional<std::string> set_number(Config& config, const Directive& d, const std::string& word) {
  const auto n = d.kind == K::memory ? parse_memory(word) : parse_integer(word);
  if (!n)
    return d.kind == K::memory ? "argument must be a memory value"
                               : "argument couldn't be parsed into an integer";
  if (*n < d.min || *n > d.max)
    return "argument must be between " + std::to_string(d.min) + " and " + std::to_string(d.max) +
           " inclusive";
  config.*std::get<std::int64_t Config::*>(d.member) = *n;
  return std::nullopt;
}

std::optional<std::string> bad_hostname(std::string_view name) {
  if (name.size() >= 256) return "Hostnames must be less than 256 characters";
  const auto fits = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '.';
  };
  if (!std::all_of(name.begin(), name.end(), fits))
    return "Hostnames may only contain alphanumeric characters, hyphens or dots";
  return std::nullopt;
}

std::string value_of(const Config& config, const Directive& d) {
  if (const auto* flag = std::get_if<bool Config::*>(&d.member)) return config.**flag ? "yes" : "no";
  if (const auto* number = std::get_if<std::int64_t Config::*>(&d.member))
    return std::to_string(config.**number);
  return config.*std::get<std::string Config::*>(d.member);
}

}  // namespace

std::span<const Directive> directives() {
  return kDirectives;
}

const Directive* find_directive(std::string_view name) {
  const std::string wanted = lower(name);
  for (const Directive& d : kDirectives)
    if (d.name == wanted || (!d.alias.empty() && d.alias == wanted)) return &d;
  return nullptr;
}

std::optional<std::uint32_t> notify_classes_of(std::string_view text) {
  std::uint32_t classes = 0;
  for (const char letter : text) {
    std::uint32_t bits = notify_bit(letter);
    if (letter == 'A')
      for (const char each : std::string_view("g$lshzxetd")) bits |= notify_bit(each);
    if (bits == 0) return std::nullopt;
    classes |= bits;
  }
  return classes;
}

std::string notify_text(std::uint32_t classes) {
  const std::uint32_t all = *notify_classes_of("A");
  std::string text;
  if ((classes & all) == all)
    text = "A";
  else
    for (const char each : std::string_view("g$lshzxetd"))
      if (classes & notify_bit(each)) text += each;
  for (const char each : std::string_view("KEmn"))
    if (classes & notify_bit(each)) text += each;
  return text;
}

std::optional<std::int64_t> parse_memory(std::string_view text) {
  std::size_t digits = 0;
  while (digits < text.size() &&
         (std::isdigit(static_cast<unsigned char>(text[digits])) || (digits == 0 && text[0] == '-')))
    ++digits;
  const auto n = parse_integer(text.substr(0, digits));
  if (!n) return std::nullopt;
  const std::string unit = lower(text.substr(digits));
  const std::pair<std::string_view, std::int64_t> units[] = {
      {"", 1},        {"b", 1},        {"k", 1000},       {"kb", 1 << 10},
      {"m", 1000000}, {"mb", 1 << 20}, {"g", 1000000000}, {"gb", 1 << 30}};
  for (const auto& [name, factor] : units) {
    std::int64_t bytes = 0;
    if (name == unit && !__builtin_mul_overflow(*n, factor, &bytes)) return bytes;
  }
  return std::nullopt;
}

std::optional<std::string> set_directive(Config& config, std::string_view name,
                                         std::span<const std::string> words) {
  const Directive* d = find_directive(name);
  if (!d) {
    for (const Inert& inert : kInert) {
      if (inert.name != lower(name)) continue;
      config.inert[lower(name)] = join(words);
      return std::nullopt;
    }
    return "Bad directive or wrong number of arguments";
  }
  if (d->kind == K::save) return set_save(config, words);
  if (d->kind == K::limits) return set_limits(config, words);
  if (d->name == "bind" || d->name == "replicaof") {
    config.*std::get<std::string Config::*>(d->member) = join(words);
    if (d->name == "replicaof" && lower(join(words)) == "no one") config.replicaof.clear();
    return std::nullopt;
  }
  if (d->name == "notify-keyspace-events") {
    const auto classes = notify_classes_of(join(words));
    if (!classes) return "Invalid event class character. Use 'Ag$lshzxeKEtmdn'.";
    config.notify_events = notify_text(*classes);
    return std::nullopt;
  }
  if (words.size() != 1) return "Bad directive or wrong number of arguments";
  const std::string& word = words[0];
  switch (d->kind) {
    case K::yes_no:
      if (lower(word) != "yes" && lower(word) != "no") return "argument must be 'yes' or 'no'";
      config.*std::get<bool Config::*>(d->member) = lower(word) == "yes";
      return std::nullopt;
    case K::integer:
    case K::memory:
      return set_number(config, *d, word);
    case K::choice:
      if (!listed(d->choices, lower(word)))
        return "argument(s) must be one of the following: " + quoted_list(d->choices);
      config.*std::get<std::string Config::*>(d->member) = lower(word);
      return std::nullopt;
    default:
      if (d->name == "cluster-announce-hostname")
        if (auto why = bad_hostname(word)) return why;
      config.*std::get<std::string Config::*>(d->member) = word;
      return std::nullopt;
  }
}

std::vector<std::pair<std::string, std::string>> get_directives(const Config& config,
                                                                std::span<const std::string> patterns) {
  std::vector<std::pair<std::string, std::string>> found;
  auto consider = [&](std::string_view name, const std::string& value) {
    for (const std::string& p : patterns)
      if (glob_match(p, name, true)) {
        found.emplace_back(name, value);
        return;
      }
  };
  for (const Directive& d : kDirectives) {
    consider(d.name, value_of(config, d));
    if (!d.alias.empty()) consider(d.alias, value_of(config, d));
  }
  for (const Inert& inert : kInert) {
    const auto set = config.inert.find(std::string(inert.name));
    consider(inert.name, set == config.inert.end() ? std::string(inert.value) : set->second);
  }
  return found;
}

std::vector<SavePoint> Config::save_points() const {
  std::vector<SavePoint> points;
  std::istringstream in(save);
  for (SavePoint p{}; in >> p.seconds >> p.changes;) points.push_back(p);
  return points;
}

BufferLimit Config::output_limit(std::string_view who) const {
  std::istringstream in(output_limits);
  std::string name;
  for (BufferLimit limit; in >> name >> limit.hard >> limit.soft >> limit.soft_seconds;)
    if (name == who || (name == "slave" && who == "replica")) return limit;
  return {};
}

void load_config_text(Config& config, std::string_view text, const std::string& where) {
  std::istringstream in{std::string(text)};
  int number = 0;
  bool saves_reset = false;
  for (std::string line; std::getline(in, line);) {
    ++number;
    auto fail = [&](const std::string& why) {
      throw ConfigError{"*** FATAL CONFIG FILE ERROR ***\nReading the configuration " + where + ", at line " +
                        std::to_string(number) + "\n>>> '" + line + "'\n" + why};
    };
    const std::size_t begin = line.find_first_not_of(" \t\r\n");
    if (begin == std::string::npos || line[begin] == '#') continue;
    std::vector<std::string> words;
    if (!split_words(line, words)) fail("Unbalanced quotes in configuration line");
    if (words.empty()) continue;
    const std::string name = lower(words[0]);
    const std::span<const std::string> values(words.begin() + 1, words.end());
    if (name == "include") {
      std::ifstream file(values.empty() ? "" : values[0]);
      if (!file) fail("can't open the included file");
      const std::string included((std::istreambuf_iterator<char>(file)), {});
      load_config_text(config, included, "file '" + values[0] + "'");
      continue;
    }
    // Several save lines add up; the first replaces the default.
    if (name == "save") {
      std::vector<std::string> all = saves_reset ? words_of(config.save) : std::vector<std::string>{};
      if (join(values).empty()) all.clear();
      for (const std::string& w : words_of(join(values))) all.push_back(w);
      saves_reset = true;
      if (const auto why = set_save(config, all)) fail(*why);
      continue;
    }
    if (const auto why = set_directive(config, name, values)) fail(*why);
  }
}

Config load_config(std::span<const std::string> arguments) {
  Config config;
  std::size_t at = 0;
  std::string text;
  if (!arguments.empty() && !arguments[0].starts_with("--")) {
    if (arguments[0] == "-") {
      text.assign(std::istreambuf_iterator<char>(std::fstream("/dev/stdin", std::ios::in).rdbuf()), {});
    } else {
      config.file = arguments[0];
      std::ifstream file(config.file);
      if (!file) throw ConfigError{"Fatal error, can't open config file '" + config.file + "'"};
      text.assign(std::istreambuf_iterator<char>(file), {});
    }
    load_config_text(config, text, "file");
    at = 1;
  }
  // "--name a b --other c": each name takes the words up to the next one.
  std::string lines;
  for (; at < arguments.size(); ++at) {
    const std::string& word = arguments[at];
    if (word.starts_with("--")) {
      lines += (lines.empty() ? "" : "\n") + word.substr(2);
      continue;
    }
    std::string quoted = " \"";
    for (char c : word) {
      if (c == '"' || c == '\\') quoted += '\\';
      quoted += c;
    }
    lines += quoted + "\"";
  }
  load_config_text(config, lines, "given on the command line");
  return config;
}

std::string rewrite_config(const Config& config, std::string_view old_text) {
  const Config defaults;
  // Anything that is not plainly one printable word goes in quotes, odd bytes as \xHH.
  auto quote = [](const std::string& value, const Directive& d) {
    const bool many = d.kind == K::save || d.kind == K::limits || d.name == "bind" || d.name == "replicaof";
    const bool printable =
        std::all_of(value.begin(), value.end(), [](char c) { return c >= ' ' && c <= '~'; });
    if (many && printable && value.find_first_not_of(' ') != std::string::npos &&
        value.find_first_of("\"'\\#") == std::string::npos)
      return value;
    if (!value.empty() && printable && value.find_first_of(" \"'\\#") == std::string::npos) return value;
    std::string out = "\"";
    for (char c : value) {
      char hex[8];
      if (c < ' ' || c > '~') {
        std::snprintf(hex, sizeof hex, "\\x%02x", static_cast<unsigned char>(c));
        out += hex;
        continue;
      }
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    return out + "\"";
  };
  std::ostringstream out;
  std::set<std::string_view> written;
  auto write = [&](const Directive& d) {
    if (!written.insert(d.name).second) return;
    if (d.kind == K::limits) {
      const auto words = words_of(value_of(config, d));
      for (std::size_t i = 0; i + 3 < words.size(); i += 4)
        out << d.name << ' ' << words[i] << ' ' << words[i + 1] << ' ' << words[i + 2] << ' ' << words[i + 3]
            << '\n';
      return;
    }
    out << d.name << ' ' << quote(value_of(config, d), d) << '\n';
  };
  std::istringstream in{std::string(old_text)};
  for (std::string line; std::getline(in, line);) {
    std::vector<std::string> words;
    const bool comment =
        line.find_first_not_of(" \t") == std::string::npos || line[line.find_first_not_of(" \t")] == '#';
    const Directive* d =
        comment || !split_words(line, words) || words.empty() ? nullptr : find_directive(words[0]);
    if (!d)
      out << line << '\n';
    else if (d->name != "replicaof" || !config.replicaof.empty())
      write(*d);
  }
  for (const Directive& d : kDirectives)
    if (value_of(config, d) != value_of(defaults, d)) write(d);
  return out.str();
}

}  // namespace node

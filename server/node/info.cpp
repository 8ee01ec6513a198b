/// The INFO sections that only the node knows.
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "server/node/info_lines.h"
#include "server/node/node.h"

namespace node {

namespace {

std::string executable() {
  char path[4096];
  const ssize_t n = readlink("/proc/self/exe", path, sizeof path);
  return n > 0 ? std::string(path, static_cast<std::size_t>(n)) : std::string();
}

std::string kilobytes_per_second(std::uint64_t bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", static_cast<double>(bytes) / 1024);
  return text;
}

std::string percent_text(double share) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", 100 * share);
  return text;
}

std::string info_server(const Node& node) {
  const std::int64_t up = node.clock().up_ms() / 1000;
  Lines lines("Server");
  lines.add("redis_version", "7.0.15")
      .add("redis_git_sha1", "00000000")
      .add("redis_git_dirty", "0")
      .add("redis_build_id", "0")
      .add("redis_mode", node.config().cluster_enabled ? "cluster" : "standalone")
      .add("server_name", "cluster-node")
      .add("os", "Linux")
      .add("arch_bits", std::int64_t{64})
      .add("monotonic_clock", "POSIX clock_gettime")
      .add("multiplexing_api", "epoll")
      .add("atomicvar_api", "c11-builtin")
      .add("process_id", static_cast<std::int64_t>(getpid()))
      .add("process_supervised", "no")
      .add("run_id", node.run_id())
      .add("tcp_port", node.config().port)
      .add("server_time_usec", node.clock().now_us())
      .add("uptime_in_seconds", up)
      .add("uptime_in_days", up / 86400)
      .add("hz", node.config().hz)
      .add("configured_hz", node.config().hz)
      .add("config_file", node.config().file)
      .add("executable", executable())
      .add("gcc_version", __VERSION__)
      .add("lru_clock", node.engine().state.now_ms / 1000 & 0xffffff)
      .add("io_threads_active", std::int64_t{0});
  if (node.config().defects.any()) lines.add("seeded_defects_are_on", node.config().defects.text());
  if (node.shutdown().waiting()) lines.add("shutdown_in_milliseconds", node.shutdown().remaining_ms());
  return lines.str();
}

std::string info_clients(const Node& node) {
  std::int64_t connected = 0, subscribed = 0;
  for (const auto& [id, c] : node.clients().all()) {
    if (c->closing || c->session.kind == Session::Kind::replica) continue;
    ++connected;
    subscribed += c->session.subscribed();
  }
  return Lines("Clients")
      .add("connected_clients", connected)
      .add("cluster_connections", std::int64_t{0})
      .add("maxclients", node.config().maxclients)
      .add("client_recent_max_input_buffer", std::int64_t{0})
      .add("client_recent_max_output_buffer", std::int64_t{0})
      .add("blocked_clients", node.engine().blocked_count + static_cast<std::uint64_t>(node.clients().held()))
      .add("pubsub_clients", subscribed)
      .add("tracking_clients", static_cast<std::uint64_t>(node.engine().tracking.sessions()))
      .add("clients_in_timeout_table", std::int64_t{0})
      .str();
}

std::string info_stats(const Node& node) {
  std::uint64_t errors = 0;
  for (const auto& [code, n] : node.engine().error_counts) errors += n;
  const auto& excess = node.engine().excess;
  const std::int64_t exceeding = excess.since_us ? node.clock().monotonic_us() - excess.since_us : 0;
  return Lines("Stats")
      .add("total_connections_received", node.clients().counts().connections)
      .add("total_commands_processed", node.engine().commands_processed)
      .add("instantaneous_ops_per_sec", node.rates().per_second().commands)
      .add("total_net_input_bytes", node.clients().counts().input_bytes + node.replication().input_bytes())
      .add("total_net_output_bytes", node.clients().counts().output_bytes)
      .add("rejected_connections", node.clients().counts().refused)
      .add("sync_full", node.replication().full_syncs())
      .add("sync_partial_ok", node.replication().partial_syncs())
      .add("sync_partial_err", node.replication().refused_partial_syncs())
      .add("expired_keys", node.engine().state.expired)
      .add("expired_stale_perc", percent_text(node.expiry().stale))
      .add("expired_time_cap_reached_count", node.expiry().cut_short)
      .add("expire_cycle_cpu_milliseconds", node.expiry().usec / 1000)
      .add("evicted_keys", node.engine().evicted_keys)
      .add("evicted_clients", node.clients().counts().evicted)
      .add("total_eviction_exceeded_time", (excess.total_us + exceeding) / 1000)
      .add("current_eviction_exceeded_time", exceeding / 1000)
      .add("keyspace_hits", node.engine().state.hits)
      .add("keyspace_misses", node.engine().state.misses)
      .add("pubsub_channels",
           static_cast<std::uint64_t>(node.engine().pubsub.active(PubSub::Kind::channel).size()))
      .add("pubsub_patterns", static_cast<std::uint64_t>(node.engine().pubsub.pattern_count()))
      .add("pubsubshard_channels",
           static_cast<std::uint64_t>(node.engine().pubsub.active(PubSub::Kind::shard).size()))
      .add("latest_fork_usec", node.storage().last_fork_us())
      .add("total_forks", node.storage().forks())
      .add("migrate_cached_sockets", static_cast<std::uint64_t>(node.migrations().kept()))
      .add("total_error_replies", errors)
      .add("tracking_total_keys", static_cast<std::uint64_t>(node.engine().tracking.keys()))
      .add("tracking_total_items", static_cast<std::uint64_t>(node.engine().tracking.items()))
      .add("tracking_total_prefixes", static_cast<std::uint64_t>(node.engine().tracking.prefixes()))
      .add("dump_payload_sanitizations", std::int64_t{0})
      .add("total_net_repl_input_bytes", node.replication().input_bytes())
      .add("total_net_repl_output_bytes", node.clients().counts().replica_bytes)
      .add("instantaneous_input_kbps", kilobytes_per_second(node.rates().per_second().input_bytes))
      .add("instantaneous_output_kbps", kilobytes_per_second(node.rates().per_second().output_bytes))
      .add("instantaneous_input_repl_kbps", kilobytes_per_second(node.rates().per_second().repl_input_bytes))
      .add("instantaneous_output_repl_kbps",
           kilobytes_per_second(node.rates().per_second().repl_output_bytes))
      .add("total_reads_processed", node.clients().counts().reads)
      .add("total_writes_processed", node.clients().counts().writes)
      .add("io_threaded_reads_processed", std::int64_t{0})
      .add("io_threaded_writes_processed", std::int64_t{0})
      .add("slave_expires_tracked_keys", std::int64_t{0})
      .add("total_active_defrag_time", std::int64_t{0})
      .add("current_active_defrag_time", std::int64_t{0})
      .add("active_defrag_hits", std::int64_t{0})
      .add("active_defrag_misses", std::int64_t{0})
      .add("active_defrag_key_hits", std::int64_t{0})
      .add("active_defrag_key_misses", std::int64_t{0})
      .add("unexpected_error_replies", std::int64_t{0})
      .add("reply_buffer_shrinks", node.clients().counts().shrinks)
      .add("reply_buffer_expands", node.clients().counts().expands)
      .str();
}

std::string info_cpu() {
  rusage own{}, children{}, thread{};
  getrusage(RUSAGE_SELF, &own);
  getrusage(RUSAGE_THREAD, &thread);
  getrusage(RUSAGE_CHILDREN, &children);
  return Lines("CPU")
      .seconds("used_cpu_sys", own.ru_stime)
      .seconds("used_cpu_user", own.ru_utime)
      .seconds("used_cpu_sys_children", children.ru_stime)
      .seconds("used_cpu_user_children", children.ru_utime)
      .seconds("used_cpu_sys_main_thread", thread.ru_stime)
      .seconds("used_cpu_user_main_thread", thread.ru_utime)
      .str();
}

}  // namespace

std::optional<std::string> node_info(const Node& node, std::string_view section) {
  if (section == "server") return info_server(node);
  if (section == "clients") return info_clients(node);
  if (section == "memory") return info_memory(node);
  if (section == "persistence") return node.storage().info();
  if (section == "stats") return info_stats(node);
  if (section == "replication") return node.replication().info();
  if (section == "cpu") return info_cpu();
  return std::nullopt;
}

}  // namespace node

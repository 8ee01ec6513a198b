/// The INFO sections that only the node knows.
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>

#include "server/node.h"
#include "server/node_replication.h"
#include "server/scripting/scripting.h"

namespace node {

namespace {

/// Lines of INFO: name:value.
class Lines {
 public:
  explicit Lines(std::string_view section) : out_("# " + std::string(section) + "\r\n") {}
  Lines& add(std::string_view name, std::string_view value) {
    out_ += name;
    out_ += ':';
    out_ += value;
    out_ += "\r\n";
    return *this;
  }
  Lines& add(std::string_view name, std::int64_t value) { return add(name, std::to_string(value)); }
  Lines& add(std::string_view name, std::uint64_t value) { return add(name, std::to_string(value)); }
  Lines& add(std::string_view name, const char* value) { return add(name, std::string_view(value)); }
  Lines& add(std::string_view name, const std::string& value) { return add(name, std::string_view(value)); }
  Lines& add(std::string_view name, bool value) { return add(name, std::string_view(value ? "1" : "0")); }
  Lines& seconds(std::string_view name, const timeval& t) {
    char text[48];
    std::snprintf(text, sizeof text, "%lld.%06lld", static_cast<long long>(t.tv_sec),
                  static_cast<long long>(t.tv_usec));
    return add(name, text);
  }
  std::string str() { return std::move(out_); }

 private:
  std::string out_;
};

std::string human(std::size_t bytes) {
  constexpr const char* units[] = {"B", "K", "M", "G", "T"};
  double v = static_cast<double>(bytes);
  int u = 0;
  while (v >= 1024 && u < 4) v /= 1024, ++u;
  char text[32];
  std::snprintf(text, sizeof text, u == 0 ? "%.0f%s" : "%.2f%s", v, units[u]);
  return text;
}

}  // namespace

std::string Node::info_server() const {
  const std::int64_t up = (steady_ms() - started_ms_) / 1000;
  return Lines("Server")
      .add("redis_version", "7.0.15")
      .add("redis_git_sha1", "00000000")
      .add("redis_git_dirty", "0")
      .add("redis_build_id", "0")
      .add("redis_mode", config_.cluster_enabled ? "cluster" : "standalone")
      .add("server_name", "cluster-node")
      .add("os", "Linux")
      .add("arch_bits", std::int64_t{64})
      .add("monotonic_clock", "POSIX clock_gettime")
      .add("multiplexing_api", "epoll")
      .add("process_id", static_cast<std::int64_t>(getpid()))
      .add("process_supervised", "no")
      .add("run_id", run_id_)
      .add("tcp_port", config_.port)
      .add("server_time_usec", now_us())
      .add("uptime_in_seconds", up)
      .add("uptime_in_days", up / 86400)
      .add("hz", config_.hz)
      .add("configured_hz", config_.hz)
      .add("config_file", config_.file)
      .str();
}

std::string Node::info_clients() {
  std::int64_t connected = 0, subscribed = 0;
  for (const auto& [id, c] : clients_) {
    if (c->closing || c->session.kind == Session::Kind::replica) continue;
    ++connected;
    subscribed += c->session.subscribed();
  }
  return Lines("Clients")
      .add("connected_clients", connected)
      .add("cluster_connections", std::int64_t{0})
      .add("maxclients", config_.maxclients)
      .add("client_recent_max_input_buffer", std::int64_t{0})
      .add("client_recent_max_output_buffer", std::int64_t{0})
      .add("blocked_clients", engine_.blocked_count + static_cast<std::uint64_t>(held_.size()))
      .add("pubsub_clients", subscribed)
      .add("tracking_clients", static_cast<std::uint64_t>(engine_.tracking.sessions()))
      .add("clients_in_timeout_table", std::int64_t{0})
      .str();
}

std::string Node::info_memory() const {
  const std::size_t used = used_memory(), peak = std::max(memory_peak_, used), resident = resident_memory();
  char ratio[32];
  std::snprintf(ratio, sizeof ratio, "%.2f",
                used ? static_cast<double>(resident) / static_cast<double>(used) : 0);
  std::size_t normal = 0, replicas = 0;
  for (const auto& [id, c] : clients_)
    (c->session.kind == Session::Kind::replica ? replicas : normal) += c->memory();
  return Lines("Memory")
      .add("used_memory", static_cast<std::uint64_t>(used))
      .add("used_memory_human", human(used))
      .add("used_memory_rss", static_cast<std::uint64_t>(resident))
      .add("used_memory_rss_human", human(resident))
      .add("used_memory_peak", static_cast<std::uint64_t>(peak))
      .add("used_memory_peak_human", human(peak))
      .add("used_memory_lua", std::int64_t{0})
      .add("number_of_cached_scripts", static_cast<std::uint64_t>(engine_.scripting->cached()))
      .add("maxmemory", config_.maxmemory)
      .add("maxmemory_human", human(static_cast<std::size_t>(config_.maxmemory)))
      .add("maxmemory_policy", config_.maxmemory_policy)
      .add("mem_fragmentation_ratio", ratio)
      .add("mem_clients_normal", static_cast<std::uint64_t>(normal))
      .add("mem_clients_slaves", static_cast<std::uint64_t>(replicas))
      .add("mem_not_counted_for_evict", static_cast<std::uint64_t>(memory_not_counted()))
      .add("mem_allocator", "libc")
      .add("lazyfree_pending_objects", std::int64_t{0})
      .str();
}

std::string Node::info_persistence() const {
  const bool saving = child_kind_ == ChildKind::save || child_kind_ == ChildKind::replicas;
  Lines lines("Persistence");
  lines.add("loading", engine_.loading)
      .add("async_loading", replication_->loading_beside_old_data())
      .add("rdb_changes_since_last_save", engine_.state.dirty)
      .add("rdb_bgsave_in_progress", saving)
      .add("rdb_last_save_time", last_save_s_)
      .add("rdb_last_bgsave_status", last_save_ok_ ? "ok" : "err")
      .add("rdb_last_bgsave_time_sec", child_last_s_)
      .add("rdb_current_bgsave_time_sec",
           saving ? (steady_ms() - child_started_ms_) / 1000 : std::int64_t{-1})
      .add("aof_enabled", aof_.is_open())
      .add("aof_rewrite_in_progress", child_kind_ == ChildKind::rewrite)
      .add("aof_rewrite_scheduled", rewrite_scheduled_)
      .add("aof_last_rewrite_time_sec", std::int64_t{-1})
      .add("aof_current_rewrite_time_sec", std::int64_t{-1})
      .add("aof_last_bgrewrite_status", last_rewrite_ok_ ? "ok" : "err")
      .add("aof_last_write_status", aof_error_ ? "err" : "ok");
  if (engine_.loading) {
    const auto total = static_cast<std::uint64_t>(loading_.total_bytes);
    const std::uint64_t done = std::min<std::uint64_t>(loading_.bytes, total);
    const std::int64_t elapsed = now_us() / 1000000 - loading_.started_s;
    char percent[32];
    std::snprintf(percent, sizeof percent, "%.2f",
                  total ? 100.0 * static_cast<double>(done) / static_cast<double>(total) : 0);
    lines.add("loading_start_time", loading_.started_s)
        .add("loading_total_bytes", total)
        .add("loading_loaded_bytes", done)
        .add("loading_loaded_perc", percent)
        .add("loading_eta_seconds",
             done ? static_cast<std::int64_t>(static_cast<double>(elapsed) *
                                              static_cast<double>(total - done) / static_cast<double>(done))
                  : 1);
  }
  if (aof_.is_open())
    lines.add("aof_current_size", aof_.size())
        .add("aof_base_size", aof_.base_size())
        .add("aof_pending_rewrite", false);
  return lines.str();
}

std::string Node::info_stats() const {
  std::uint64_t errors = 0;
  for (const auto& [code, n] : engine_.error_counts) errors += n;
  return Lines("Stats")
      .add("total_connections_received", connections_total_)
      .add("total_commands_processed", engine_.commands_processed)
      .add("instantaneous_ops_per_sec", ops_per_second_)
      .add("total_net_input_bytes", input_bytes_)
      .add("total_net_output_bytes", output_bytes_)
      .add("rejected_connections", connections_refused_)
      .add("sync_full", replication_->full_syncs())
      .add("sync_partial_ok", replication_->partial_syncs())
      .add("sync_partial_err", replication_->refused_partial_syncs())
      .add("expired_keys", engine_.state.expired)
      .add("evicted_keys", engine_.evicted_keys)
      .add("evicted_clients", evicted_clients_)
      .add("keyspace_hits", engine_.state.hits)
      .add("keyspace_misses", engine_.state.misses)
      .add("pubsub_channels",
           static_cast<std::uint64_t>(engine_.pubsub.active(PubSub::Kind::channel, "").size()))
      .add("pubsub_patterns", static_cast<std::uint64_t>(engine_.pubsub.pattern_count()))
      .add("pubsubshard_channels",
           static_cast<std::uint64_t>(engine_.pubsub.active(PubSub::Kind::shard, "").size()))
      .add("latest_fork_usec", std::int64_t{0})
      .add("total_forks", forks_)
      .add("migrate_cached_sockets", static_cast<std::uint64_t>(migrations_.size()))
      .add("total_error_replies", errors)
      .add("tracking_total_keys", static_cast<std::uint64_t>(engine_.tracking.keys()))
      .add("tracking_total_items", static_cast<std::uint64_t>(engine_.tracking.items()))
      .add("tracking_total_prefixes", static_cast<std::uint64_t>(engine_.tracking.prefixes()))
      .add("dump_payload_sanitizations", std::int64_t{0})
      .str();
}

std::string Node::info_cpu() const {
  rusage own{}, children{};
  getrusage(RUSAGE_SELF, &own);
  getrusage(RUSAGE_CHILDREN, &children);
  return Lines("CPU")
      .seconds("used_cpu_sys", own.ru_stime)
      .seconds("used_cpu_user", own.ru_utime)
      .seconds("used_cpu_sys_children", children.ru_stime)
      .seconds("used_cpu_user_children", children.ru_utime)
      .str();
}

bool Node::info_section(std::string_view name, std::string& out) {
  if (name == "server") return out = info_server(), true;
  if (name == "clients") return out = info_clients(), true;
  if (name == "memory") return out = info_memory(), true;
  if (name == "persistence") return out = info_persistence(), true;
  if (name == "stats") return out = info_stats(), true;
  if (name == "replication") return out = replication_->info(), true;
  if (name == "cpu") return out = info_cpu(), true;
  return false;
}

}  // namespace node

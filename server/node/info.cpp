/// The INFO sections that only the node knows.
#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>

#include "server/node/node.h"
#include "server/node/replication_link.h"

namespace node {

namespace {

/// Lines of INFO: name:value.
class Lines {
 public:
  Lines() = default;
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

std::string percent(std::uint64_t part, std::uint64_t whole) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f",
                whole ? 100.0 * static_cast<double>(part) / static_cast<double>(whole) : 0);
  return text;
}

std::string human(std::size_t bytes) {
  constexpr const char* units[] = {"B", "K", "M", "G", "T"};
  double v = static_cast<double>(bytes);
  int u = 0;
  while (v >= 1024 && u < 4) v /= 1024, ++u;
  char text[32];
  std::snprintf(text, sizeof text, u == 0 ? "%.0f%s" : "%.2f%s", v, units[u]);
  return text;
}

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

std::string ratio_of(std::size_t a, std::size_t b) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", b ? static_cast<double>(a) / static_cast<double>(b) : 0);
  return text;
}

}  // namespace

std::string Node::info_server() const {
  const std::int64_t up = (steady_ms() - started_ms_) / 1000;
  Lines lines("Server");
  lines.add("redis_version", "7.0.15")
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
      .add("executable", executable())
      .add("gcc_version", __VERSION__)
      .add("lru_clock", engine_.state.now_ms / 1000 & 0xffffff)
      .add("io_threads_active", std::int64_t{0});
  if (ending_)
    lines.add("shutdown_in_milliseconds", std::max<std::int64_t>(1, ending_->deadline_ms - steady_ms()));
  return lines.str();
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
  const Functions& functions = scripting_.functions();
  const std::size_t eval = scripting_.interpreter_bytes(), scripts = scripting_.script_bytes();
  auto bytes = [](std::size_t n) { return static_cast<std::uint64_t>(n); };
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
      .add("used_memory_lua", bytes(eval))
      .add("used_memory_vm_eval", bytes(eval))
      .add("used_memory_lua_human", human(eval))
      .add("used_memory_scripts_eval", bytes(scripts))
      .add("number_of_cached_scripts", bytes(scripting_.cached()))
      .add("number_of_functions", bytes(functions.set().function_count()))
      .add("number_of_libraries", bytes(functions.set().libraries().size()))
      .add("used_memory_vm_functions", bytes(functions.interpreter_bytes()))
      .add("used_memory_vm_total", bytes(eval + functions.interpreter_bytes()))
      .add("used_memory_vm_total_human", human(eval + functions.interpreter_bytes()))
      .add("used_memory_functions", bytes(functions.library_bytes()))
      .add("used_memory_scripts", bytes(scripts + functions.library_bytes()))
      .add("used_memory_scripts_human", human(scripts + functions.library_bytes()))
      .add("maxmemory", config_.maxmemory)
      .add("maxmemory_human", human(static_cast<std::size_t>(config_.maxmemory)))
      .add("maxmemory_policy", config_.maxmemory_policy)
      .add("mem_fragmentation_ratio", ratio)
      .add("mem_replication_backlog", static_cast<std::uint64_t>(replication_->backlog_bytes()))
      .add("mem_total_replication_buffers", static_cast<std::uint64_t>(replication_->stream_bytes()))
      .add("mem_clients_normal", static_cast<std::uint64_t>(normal))
      .add("mem_clients_slaves", static_cast<std::uint64_t>(replicas + replication_->stream_bytes() -
                                                            replication_->backlog_bytes()))
      .add("mem_not_counted_for_evict", static_cast<std::uint64_t>(memory_not_counted()))
      .add("mem_allocator", "libc")
      .add("lazyfree_pending_objects", std::int64_t{0})
      .str();
}

/// What monitoring tools compute with: what is data, what is overhead, what the allocator and the system add.
std::string Node::memory_details() const {
  const std::size_t used = used_memory(), peak = std::max(memory_peak_, used), resident = resident_memory();
  const struct mallinfo2 heap = mallinfo2();
  const std::size_t active = std::max(used, heap.arena + heap.hblkhd);
  std::size_t clients = 0;
  for (const auto& [id, c] : clients_) clients += sizeof(Client) + c->input_bytes() + c->output_bytes();
  const std::size_t stream = replication_->stream_bytes();
  const std::size_t overhead = std::min(used, memory_at_start_ + clients + stream), dataset = used - overhead;
  const std::size_t machine =
      static_cast<std::size_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  const auto bytes = [](std::size_t n) { return static_cast<std::uint64_t>(n); };
  const auto more = [](std::size_t a, std::size_t b) {
    return static_cast<std::int64_t>(a) - static_cast<std::int64_t>(b);
  };
  return Lines()
      .add("used_memory_peak_perc", percent(used, peak) + "%")
      .add("used_memory_overhead", bytes(overhead))
      .add("used_memory_startup", bytes(memory_at_start_))
      .add("used_memory_dataset", bytes(dataset))
      .add("used_memory_dataset_perc", percent(dataset, used) + "%")
      .add("allocator_allocated", bytes(used))
      .add("allocator_active", bytes(active))
      .add("allocator_resident", bytes(resident))
      .add("total_system_memory", bytes(machine))
      .add("total_system_memory_human", human(machine))
      .add("allocator_frag_ratio", ratio_of(active, used))
      .add("allocator_frag_bytes", more(active, used))
      .add("allocator_rss_ratio", ratio_of(resident, active))
      .add("allocator_rss_bytes", more(resident, active))
      .add("rss_overhead_ratio", "1.00")
      .add("rss_overhead_bytes", std::int64_t{0})
      .add("mem_fragmentation_bytes", more(resident, used))
      .add("active_defrag_running", std::int64_t{0})
      .add("lazyfreed_objects", std::int64_t{0})
      .str();
}

std::string Node::info_persistence() const {
  const bool saving = child_kind_ == ChildKind::save || child_kind_ == ChildKind::replicas;
  const bool copying = child_kind_ != ChildKind::none;
  const std::uint64_t done = copying ? child_report_->keys.load() : 0;
  Lines lines("Persistence");
  lines.add("loading", engine_.loading)
      .add("async_loading", replication_->loading_beside_old_data())
      .add("current_cow_size", copying ? child_report_->copied_bytes.load() : std::uint64_t{0})
      .add("current_cow_peak", copying ? child_report_->copied_bytes.load() : std::uint64_t{0})
      .add("current_fork_perc", percent(done, child_keys_total_))
      .add("current_save_keys_processed", done)
      .add("current_save_keys_total", copying ? child_keys_total_ : 0)
      .add("rdb_changes_since_last_save", engine_.state.dirty)
      .add("rdb_bgsave_in_progress", saving)
      .add("rdb_last_save_time", last_save_s_)
      .add("rdb_last_bgsave_status", last_save_ok_ ? "ok" : "err")
      .add("rdb_last_bgsave_time_sec", child_last_s_)
      .add("rdb_current_bgsave_time_sec",
           saving ? (steady_ms() - child_started_ms_) / 1000 : std::int64_t{-1})
      .add("rdb_saves", saves_)
      .add("rdb_last_cow_size", save_copied_)
      .add("rdb_last_load_keys_expired", keys_expired_in_load_)
      .add("rdb_last_load_keys_loaded", keys_loaded_)
      .add("aof_enabled", config_.appendonly)
      .add("aof_rewrite_in_progress", child_kind_ == ChildKind::rewrite)
      .add("aof_rewrite_scheduled", rewrite_scheduled_)
      .add("aof_last_rewrite_time_sec", std::int64_t{-1})
      .add("aof_current_rewrite_time_sec", std::int64_t{-1})
      .add("aof_last_bgrewrite_status", last_rewrite_ok_ ? "ok" : "err")
      .add("aof_rewrites", rewrites_)
      .add("aof_last_write_status", aof_error_ ? "err" : "ok")
      .add("aof_last_cow_size", rewrite_copied_);
  if (engine_.loading) {
    const auto total = static_cast<std::uint64_t>(loading_.total_bytes);
    const std::uint64_t read = std::min<std::uint64_t>(loading_.bytes, total);
    const std::int64_t elapsed = now_us() / 1000000 - loading_.started_s;
    lines.add("loading_start_time", loading_.started_s)
        .add("loading_total_bytes", total)
        .add("loading_loaded_bytes", read)
        .add("loading_loaded_perc", percent(read, total))
        .add("loading_eta_seconds",
             read ? static_cast<std::int64_t>(static_cast<double>(elapsed) *
                                              static_cast<double>(total - read) / static_cast<double>(read))
                  : 1);
  }
  if (aof_.is_open())
    lines.add("aof_current_size", aof_.size())
        .add("aof_base_size", aof_.base_size())
        .add("aof_pending_rewrite", rewrite_scheduled_);
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
      .add("latest_fork_usec", last_fork_us_)
      .add("total_forks", forks_)
      .add("migrate_cached_sockets", static_cast<std::uint64_t>(migrations_.size()))
      .add("total_error_replies", errors)
      .add("tracking_total_keys", static_cast<std::uint64_t>(engine_.tracking.keys()))
      .add("tracking_total_items", static_cast<std::uint64_t>(engine_.tracking.items()))
      .add("tracking_total_prefixes", static_cast<std::uint64_t>(engine_.tracking.prefixes()))
      .add("dump_payload_sanitizations", std::int64_t{0})
      .add("instantaneous_input_kbps", kilobytes_per_second(input_rate_))
      .add("instantaneous_output_kbps", kilobytes_per_second(output_rate_))
      .add("total_reads_processed", reads_)
      .add("total_writes_processed", writes_)
      .add("io_threaded_reads_processed", std::int64_t{0})
      .add("io_threaded_writes_processed", std::int64_t{0})
      .add("migrate_cached_sockets", std::int64_t{0})
      .add("slave_expires_tracked_keys", std::int64_t{0})
      .add("active_defrag_hits", std::int64_t{0})
      .add("active_defrag_misses", std::int64_t{0})
      .add("active_defrag_key_hits", std::int64_t{0})
      .add("active_defrag_key_misses", std::int64_t{0})
      .add("unexpected_error_replies", std::int64_t{0})
      .str();
}

std::string Node::info_cpu() const {
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

bool Node::info_section(std::string_view name, std::string& out) {
  if (name == "server") return out = info_server(), true;
  if (name == "clients") return out = info_clients(), true;
  if (name == "memory") return out = info_memory() + memory_details(), true;
  if (name == "persistence") return out = info_persistence(), true;
  if (name == "stats") return out = info_stats(), true;
  if (name == "replication") return out = replication_->info(), true;
  if (name == "cpu") return out = info_cpu(), true;
  return false;
}

}  // namespace node

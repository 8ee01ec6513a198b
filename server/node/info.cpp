/// The INFO sections that only the node knows.
#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "server/node/info_lines.h"
#include "server/node/node.h"

namespace node {

namespace {

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

std::string info_memory(const Node& node) {
  const std::size_t used = node.memory().used(), peak = node.memory().peak(), resident = Memory::resident();
  char ratio[32];
  std::snprintf(ratio, sizeof ratio, "%.2f",
                used ? static_cast<double>(resident) / static_cast<double>(used) : 0);
  const Functions& functions = node.scripting().functions();
  const std::size_t eval = node.scripting().interpreter_bytes(), scripts = node.scripting().script_bytes();
  auto bytes = [](std::size_t n) { return static_cast<std::uint64_t>(n); };
  std::size_t normal = 0, replicas = 0;
  for (const auto& [id, c] : node.clients().all())
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
      .add("number_of_cached_scripts", bytes(node.scripting().cached()))
      .add("number_of_functions", bytes(functions.set().function_count()))
      .add("number_of_libraries", bytes(functions.set().libraries().size()))
      .add("used_memory_vm_functions", bytes(functions.interpreter_bytes()))
      .add("used_memory_vm_total", bytes(eval + functions.interpreter_bytes()))
      .add("used_memory_vm_total_human", human(eval + functions.interpreter_bytes()))
      .add("used_memory_functions", bytes(functions.library_bytes()))
      .add("used_memory_scripts", bytes(scripts + functions.library_bytes()))
      .add("used_memory_scripts_human", human(scripts + functions.library_bytes()))
      .add("maxmemory", node.config().maxmemory)
      .add("maxmemory_human", human(static_cast<std::size_t>(node.config().maxmemory)))
      .add("maxmemory_policy", node.config().maxmemory_policy)
      .add("mem_fragmentation_ratio", ratio)
      .add("mem_replication_backlog", static_cast<std::uint64_t>(node.replication().backlog_bytes()))
      .add("mem_total_replication_buffers", static_cast<std::uint64_t>(node.replication().stream_bytes()))
      .add("mem_clients_normal", static_cast<std::uint64_t>(normal))
      .add("mem_clients_slaves", static_cast<std::uint64_t>(replicas + node.replication().stream_bytes() -
                                                            node.replication().backlog_bytes()))
      .add("mem_not_counted_for_evict", static_cast<std::uint64_t>(node.memory().not_counted()))
      .add("mem_allocator", "libc")
      .add("lazyfree_pending_objects", std::int64_t{0})
      .str();
}

/// What monitoring tools compute with: what is data, what is overhead, what the allocator and the system add.
std::string memory_details(const Node& node) {
  const std::size_t used = node.memory().used(), peak = node.memory().peak(), resident = Memory::resident();
  const struct mallinfo2 heap = mallinfo2();
  const std::size_t active = std::max(used, heap.arena + heap.hblkhd);
  std::size_t clients = 0;
  for (const auto& [id, c] : node.clients().all())
    clients += sizeof(Client) + c->input_bytes() + c->output_bytes();
  const std::size_t stream = node.replication().stream_bytes();
  const std::size_t overhead = std::min(used, node.memory().at_start() + clients + stream),
                    dataset = used - overhead;
  const std::size_t machine =
      static_cast<std::size_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  const auto bytes = [](std::size_t n) { return static_cast<std::uint64_t>(n); };
  const auto more = [](std::size_t a, std::size_t b) {
    return static_cast<std::int64_t>(a) - static_cast<std::int64_t>(b);
  };
  return Lines()
      .add("used_memory_peak_perc", percent(used, peak) + "%")
      .add("used_memory_overhead", bytes(overhead))
      .add("used_memory_startup", bytes(node.memory().at_start()))
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

std::string info_stats(const Node& node) {
  std::uint64_t errors = 0;
  for (const auto& [code, n] : node.engine().error_counts) errors += n;
  return Lines("Stats")
      .add("total_connections_received", node.clients().counts().connections)
      .add("total_commands_processed", node.engine().commands_processed)
      .add("instantaneous_ops_per_sec", node.rates().per_second().commands)
      .add("total_net_input_bytes", node.clients().counts().input_bytes)
      .add("total_net_output_bytes", node.clients().counts().output_bytes)
      .add("rejected_connections", node.clients().counts().refused)
      .add("sync_full", node.replication().full_syncs())
      .add("sync_partial_ok", node.replication().partial_syncs())
      .add("sync_partial_err", node.replication().refused_partial_syncs())
      .add("expired_keys", node.engine().state.expired)
      .add("evicted_keys", node.engine().evicted_keys)
      .add("evicted_clients", node.clients().counts().evicted)
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
      .add("instantaneous_input_kbps", kilobytes_per_second(node.rates().per_second().input_bytes))
      .add("instantaneous_output_kbps", kilobytes_per_second(node.rates().per_second().output_bytes))
      .add("total_reads_processed", node.clients().counts().reads)
      .add("total_writes_processed", node.clients().counts().writes)
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
  if (section == "memory") return info_memory(node) + memory_details(node);
  if (section == "persistence") return node.storage().info();
  if (section == "stats") return info_stats(node);
  if (section == "replication") return node.replication().info();
  if (section == "cpu") return info_cpu();
  return std::nullopt;
}

}  // namespace node

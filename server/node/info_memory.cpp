/// INFO memory: the report of MEMORY STATS, and what scripts take.
#include <unistd.h>

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

std::string ratio_of(std::size_t a, std::size_t b) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", b ? static_cast<double>(a) / static_cast<double>(b) : 0);
  return text;
}

/// What monitoring tools compute with: what is data, what is overhead, what the allocator and the system add.
void add_details(Lines& lines, const MemoryReport& m) {
  const std::size_t machine =
      static_cast<std::size_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  const auto bytes = [](std::size_t n) { return static_cast<std::uint64_t>(n); };
  const auto more = [](std::size_t a, std::size_t b) {
    return static_cast<std::int64_t>(a) - static_cast<std::int64_t>(b);
  };
  lines.add("used_memory_peak_perc", percent(m.allocated, m.peak) + "%")
      .add("used_memory_overhead", bytes(m.overhead()))
      .add("used_memory_startup", bytes(m.startup))
      .add("used_memory_dataset", bytes(m.dataset()))
      .add("used_memory_dataset_perc", percent(m.dataset(), m.net()) + "%")
      .add("allocator_allocated", bytes(m.allocated))
      .add("allocator_active", bytes(m.active))
      .add("allocator_resident", bytes(m.resident))
      .add("total_system_memory", bytes(machine))
      .add("total_system_memory_human", human(machine))
      .add("allocator_frag_ratio", ratio_of(m.active, m.allocated))
      .add("allocator_frag_bytes", more(m.active, m.allocated))
      .add("allocator_rss_ratio", ratio_of(m.resident, m.active))
      .add("allocator_rss_bytes", more(m.resident, m.active))
      .add("rss_overhead_ratio", "1.00")
      .add("rss_overhead_bytes", std::int64_t{0})
      .add("mem_fragmentation_ratio", ratio_of(m.resident, m.allocated))
      .add("mem_fragmentation_bytes", more(m.resident, m.allocated))
      .add("active_defrag_running", std::int64_t{0})
      .add("lazyfreed_objects", std::int64_t{0});
}

void add_scripts(Lines& lines, const Scripting& scripting) {
  const Functions& functions = scripting.functions();
  const std::size_t eval = scripting.interpreter_bytes(), scripts = scripting.script_bytes();
  const auto bytes = [](std::size_t n) { return static_cast<std::uint64_t>(n); };
  lines.add("used_memory_lua", bytes(eval))
      .add("used_memory_vm_eval", bytes(eval))
      .add("used_memory_lua_human", human(eval))
      .add("used_memory_scripts_eval", bytes(scripts))
      .add("number_of_cached_scripts", bytes(scripting.cached()))
      .add("number_of_functions", bytes(functions.set().function_count()))
      .add("number_of_libraries", bytes(functions.set().libraries().size()))
      .add("used_memory_vm_functions", bytes(functions.interpreter_bytes()))
      .add("used_memory_vm_total", bytes(eval + functions.interpreter_bytes()))
      .add("used_memory_vm_total_human", human(eval + functions.interpreter_bytes()))
      .add("used_memory_functions", bytes(functions.library_bytes()))
      .add("used_memory_scripts", bytes(scripts + functions.library_bytes()))
      .add("used_memory_scripts_human", human(scripts + functions.library_bytes()));
}

}  // namespace

std::string info_memory(const Node& node) {
  const MemoryReport m = node.memory().report();
  const auto bytes = [](std::size_t n) { return static_cast<std::uint64_t>(n); };
  Lines lines("Memory");
  lines.add("used_memory", bytes(m.allocated))
      .add("used_memory_human", human(m.allocated))
      .add("used_memory_rss", bytes(m.resident))
      .add("used_memory_rss_human", human(m.resident))
      .add("used_memory_peak", bytes(m.peak))
      .add("used_memory_peak_human", human(m.peak));
  add_scripts(lines, node.scripting());
  lines.add("maxmemory", node.config().maxmemory)
      .add("maxmemory_human", human(static_cast<std::size_t>(node.config().maxmemory)))
      .add("maxmemory_policy", node.config().maxmemory_policy)
      .add("mem_replication_backlog", bytes(m.backlog))
      .add("mem_total_replication_buffers", bytes(node.replication().stream_bytes()))
      .add("mem_clients_normal", bytes(m.clients))
      .add("mem_clients_slaves", bytes(m.replicas))
      .add("mem_cluster_links", bytes(m.cluster_links))
      .add("mem_aof_buffer", bytes(m.aof_buffer))
      .add("mem_not_counted_for_evict", bytes(node.memory().not_counted()))
      .add("mem_allocator", "libc")
      .add("lazyfree_pending_objects", std::int64_t{0});
  add_details(lines, m);
  return lines.str();
}

}  // namespace node

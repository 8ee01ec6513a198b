/// Where the memory is, as MEMORY STATS and INFO tell it. All in bytes.
#pragma once

#include <cstddef>
#include <vector>

namespace node {

struct MemoryReport {
  std::size_t allocated = 0;  ///< by the process, of its allocator
  std::size_t peak = 0, startup = 0;
  std::size_t backlog = 0, replicas = 0, clients = 0, cluster_links = 0, aof_buffer = 0, scripts = 0,
              functions = 0;
  struct Tables {
    int database;
    std::size_t keys, main, expiries;
  };
  std::vector<Tables> tables;  ///< of databases that hold keys

  std::size_t active = 0;    ///< what the allocator holds, free room in it included
  std::size_t resident = 0;  ///< pages of the process

  std::size_t client_count = 0, replica_count = 0, cached_scripts = 0;

  std::size_t keys() const {
    std::size_t n = 0;
    for (const Tables& t : tables) n += t.keys;
    return n;
  }
  /// All but the data itself.
  std::size_t overhead() const {
    std::size_t n = startup + backlog + replicas + clients + cluster_links + aof_buffer + scripts + functions;
    for (const Tables& t : tables) n += t.main + t.expiries;
    return n < allocated ? n : allocated;
  }
  std::size_t dataset() const { return allocated - overhead(); }
  /// Since the start; at least one byte, since others are divided by it.
  std::size_t net() const { return allocated > startup ? allocated - startup : 1; }
};

}  // namespace node

#include "server/node/memory.h"

#include <malloc.h>
#include <unistd.h>

#include <fstream>

#include "server/node/cluster_link.h"
#include "server/node/node.h"

namespace node {

namespace {
constexpr std::int64_t kTendMs = 1000;
/// Free memory that is not worth the walk through the allocator's lists.
constexpr std::size_t kWorthwhile = 8 << 20;
}  // namespace

std::size_t Memory::used() const {
  // What is allocated, not what the system gave: freed memory must count as free at once. Asking walks the
  // allocator's free lists, so it is asked no more often than costs a few percent.
  const std::int64_t now = node_.clock().monotonic_us();
  if (now < asked_us_ + 50 * cost_us_) return used_;
  const struct mallinfo2 info = mallinfo2();
  used_ = info.uordblks + info.hblkhd;
  if (node_.config().maxmemory > 0) uncounted_ = not_counted();
  asked_us_ = node_.clock().monotonic_us();
  cost_us_ = asked_us_ - now;
  return used_;
}

std::size_t Memory::not_counted() const {
  const Aof& aof = node_.storage().aof();
  std::size_t bytes = aof.is_open() ? aof.buffered() : 0;
  for (const auto& [id, c] : node_.clients().all())
    if (c->session.kind == Session::Kind::replica) bytes += c->session.out.buffer().capacity();
  return bytes + node_.replication().stream_bytes() - node_.replication().backlog_bytes();
}

MemoryReport Memory::report() const {
  asked_us_ = cost_us_ = 0;  // who asks for a report wants to know it as it is now
  MemoryReport r;
  r.allocated = used();
  r.peak = peak();
  r.startup = at_start_;
  const ReplicationLink& replication = node_.replication();
  r.backlog = replication.backlog_bytes();
  r.replicas = replication.stream_bytes() - replication.backlog_bytes();
  for (const auto& [id, c] : node_.clients().all()) {
    const bool replica = c->session.kind == Session::Kind::replica;
    (replica ? r.replicas : r.clients) += c->memory();
    ++(replica ? r.replica_count : r.client_count);
  }
  if (node_.cluster()) r.cluster_links = node_.cluster()->link_memory();
  if (const Aof& aof = node_.storage().aof(); aof.is_open()) r.aof_buffer = aof.buffered();
  r.scripts = node_.scripting().script_bytes();
  r.cached_scripts = node_.scripting().cached();
  r.functions = node_.scripting().functions().library_bytes();
  for (const auto& d : node_.engine().databases())
    if (d->size()) r.tables.push_back({d->index(), d->size(), d->table_memory(), d->expiry_memory()});
  const struct mallinfo2 heap = mallinfo2();
  r.active = std::max(r.allocated, heap.arena + heap.hblkhd);
  r.resident = resident();
  return r;
}

void Memory::give_back() {
  malloc_trim(0);
  asked_us_ = cost_us_ = 0;  // what was known before is no longer true
  const std::size_t held = resident(), in_use = used();
  kept_ = held - std::min(held, in_use);
}

/// The allocator keeps freed pages for later, for ever if need be: when many came together they go back. What
/// an attempt could not give back, as it lies between what is in use, is not tried again.
void Memory::tend() {
  static_cast<void>(peak());
  const std::int64_t now = node_.steady_ms();
  if (now - tended_ms_ < kTendMs) return;
  tended_ms_ = now;
  const std::size_t held = resident(), in_use = used(), kept = held - std::min(held, in_use);
  kept_ = std::min(kept_, kept);
  if (kept - kept_ > std::max(kWorthwhile, in_use / 4)) give_back();
}

std::size_t Memory::resident() {
  std::ifstream in("/proc/self/statm");
  std::size_t total = 0, resident = 0;
  in >> total >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace node

/// Making room: keys go until what is used is within maxmemory.
#include <cmath>
#include <utility>

#include "server/engine/engine.h"

namespace node {

namespace {

/// How long one turn of eviction may take, by maxmemory-eviction-tenacity: up to 500 us at 10, then growing
/// by 15 % a step to minutes, and without end at 100.
std::int64_t turn_us(std::int64_t tenacity) {
  if (tenacity <= 10) return 50 * tenacity;
  return tenacity < 100 ? std::llround(500 * std::pow(1.15, static_cast<double>(tenacity - 10))) : INT64_MAX;
}

}  // namespace

/// How long what is used has been beyond maxmemory at a stretch, whether keys may go or not.
void Engine::note_excess(bool over) {
  const std::int64_t now = ports.clock.monotonic_us();
  if (over && excess.since_us == 0) excess.since_us = now;
  if (!over && excess.since_us != 0) excess.total_us += now - std::exchange(excess.since_us, 0);
}

bool Engine::evict() {
  const bool exhausted = make_room();
  if (exhausted || evicting || excess.since_us != 0) note_excess(exhausted || evicting);
  return exhausted;
}

bool Engine::make_room() {
  evicting = false;
  if (config.maxmemory <= 0 || loading || ports.sessions.paused(true)) return false;
  // A replica holds what its master holds.
  if (config.replica_ignore_maxmemory && ports.replication.is_replica()) return false;
  const auto limit = static_cast<std::size_t>(config.maxmemory);
  const std::size_t used = ports.memory.for_data();
  if (used <= limit) return false;
  if (!eviction.policy().evicts()) return true;

  const std::int64_t began = ports.clock.monotonic_us();
  std::size_t freed = 0, gone = 0;
  bool exhausted = false;
  begin_unit();
  while (freed < used - limit) {
    const auto victim = eviction.next(databases_, state.now_ms, random_source());
    if (!victim) {
      exhausted = true;
      break;
    }
    freed += evict_one(*databases_[victim->database], victim->key);
    if (++gone % 16 == 0 && ports.clock.monotonic_us() - began > turn_us(config.eviction_tenacity)) {
      evicting = true;
      break;
    }
  }
  // Each for itself: what must not be kept apart is not cut in two by this.
  end_unit(false);
  ports.memory.freed(freed);
  note_latency("eviction-cycle", ports.clock.monotonic_us() - began);
  return exhausted;
}

std::size_t Engine::evict_one(Database& d, const std::string& key) {
  const std::int64_t began = ports.clock.monotonic_us();
  const std::size_t bytes = d.memory_of(key);
  d.remove(key);
  note_latency("eviction-del", ports.clock.monotonic_us() - began);
  ++evicted_keys;
  touched(d, key);
  notify('e', "evicted", key, d.index());
  enqueue_propagation(d.index(), {config.lazy_eviction ? "UNLINK" : "DEL", key});
  return bytes;
}

}  // namespace node

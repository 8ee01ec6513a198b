/// MEMORY: where the memory is, and what is odd about it.
#include "server/commands/admin/handlers.h"
#include "server/engine/memory_report.h"

namespace node {

namespace {

double ratio(std::size_t a, std::size_t b) {
  return b ? static_cast<double>(a) / static_cast<double>(b) : 0;
}

std::int64_t beyond(std::size_t a, std::size_t b) {
  return static_cast<std::int64_t>(a) - static_cast<std::int64_t>(b);
}

void usage(Call& c) {
  // Nothing is sampled here: the count is checked and has no effect.
  if (c.argc() > 3) {
    if (c.argc() != 5 || !c.is(3, "samples")) return c.syntax_error();
    const auto samples = c.integer(4);
    if (!samples) return;
    if (*samples < 0) return c.syntax_error();
  }
  Entry* e = c.db().lookup(c.arg(2));
  e ? c.reply.integer(static_cast<std::int64_t>(memory_of(*e))) : c.reply.null();
}

/// Names and values in redis's order; databases stand in the midst of them.
void stats(Call& c) {
  const MemoryReport m = c.engine.ports.memory.report();
  std::size_t n = 0;
  const auto bytes = [&](std::string_view name, std::size_t value) {
    c.reply.bulk(name);
    c.reply.integer(static_cast<std::int64_t>(value));
    ++n;
  };
  const auto share = [&](std::string_view name, double value) {
    c.reply.bulk(name);
    c.reply.real(value);
    ++n;
  };
  const auto difference = [&](std::string_view name, std::int64_t value) {
    c.reply.bulk(name);
    c.reply.integer(value);
    ++n;
  };
  const std::size_t mark = c.reply.mark();
  bytes("peak.allocated", m.peak);
  bytes("total.allocated", m.allocated);
  bytes("startup.allocated", m.startup);
  bytes("replication.backlog", m.backlog);
  bytes("clients.slaves", m.replicas);
  bytes("clients.normal", m.clients);
  bytes("cluster.links", m.cluster_links);
  bytes("aof.buffer", m.aof_buffer);
  bytes("lua.caches", m.scripts);
  bytes("functions.caches", m.functions);
  for (const MemoryReport::Tables& t : m.tables) {
    c.reply.bulk("db." + std::to_string(t.database));
    c.reply.map(3);
    c.reply.bulk("overhead.hashtable.main");
    c.reply.integer(static_cast<std::int64_t>(t.main));
    c.reply.bulk("overhead.hashtable.expires");
    c.reply.integer(static_cast<std::int64_t>(t.expiries));
    c.reply.bulk("overhead.hashtable.slot-to-keys");
    c.reply.integer(0);  // a table for each slot: no second one
    ++n;
  }
  bytes("overhead.total", m.overhead());
  bytes("keys.count", m.keys());
  bytes("keys.bytes-per-key", m.keys() ? m.net() / m.keys() : 0);
  bytes("dataset.bytes", m.dataset());
  share("dataset.percentage", 100 * ratio(m.dataset(), m.net()));
  share("peak.percentage", 100 * ratio(m.allocated, m.peak));
  bytes("allocator.allocated", m.allocated);
  bytes("allocator.active", m.active);
  bytes("allocator.resident", m.resident);
  share("allocator-fragmentation.ratio", ratio(m.active, m.allocated));
  difference("allocator-fragmentation.bytes", beyond(m.active, m.allocated));
  share("allocator-rss.ratio", ratio(m.resident, m.active));
  difference("allocator-rss.bytes", beyond(m.resident, m.active));
  share("rss-overhead.ratio", 1);
  difference("rss-overhead.bytes", 0);
  share("fragmentation", ratio(m.resident, m.allocated));
  difference("fragmentation.bytes", beyond(m.resident, m.allocated));
  c.reply.wrap_map(mark, n);
}

constexpr std::size_t kMiB = 1 << 20;

/// What is odd, by the limits that redis has for it; empty: nothing is.
std::vector<std::string_view> findings(const MemoryReport& m) {
  std::vector<std::string_view> found;
  const auto note = [&](bool odd, std::string_view text) {
    if (odd) found.push_back(text);
  };
  const auto exceeds = [](std::size_t a, std::size_t b, double limit) {
    return ratio(a, b) > limit && beyond(a, b) > static_cast<std::int64_t>(10 * kMiB);
  };
  note(ratio(m.peak, m.allocated) > 1.5,
       "Peak memory: more than 150% of what is used now was used once. The room is used again when data "
       "comes; "
       "MEMORY PURGE gives it back to the system.");
  note(exceeds(m.resident, m.allocated, 1.4),
       "High total RSS: the process holds more than 1.4 times what it allocated. After a peak this is no "
       "problem; otherwise the allocator's memory is fragmented.");
  note(exceeds(m.active, m.allocated, 1.1),
       "High allocator fragmentation: the allocator holds more than 1.1 times what was allocated, after a "
       "peak "
       "or by a load that leaves holes.");
  note(exceeds(m.resident, m.active, 1.1),
       "High process RSS: the process holds more than 1.1 times what its allocator does.");
  note(m.client_count > 0 && m.clients / m.client_count > 200 * 1024,
       "Big client buffers: more than 200 KB for each client on average. Subscribers that read slowly, large "
       "replies or long pipelines do that: see CLIENT LIST.");
  note(m.replica_count > 0 && m.replicas > 10 * kMiB,
       "Big replica buffers: more than 10 MB wait for replicas. See their lag in INFO replication.");
  note(
      m.cached_scripts > 1000,
      "Many scripts: more than 1000 are cached. Scripts that are made up call by call fill memory; give them "
      "their values as KEYS and ARGV.");
  return found;
}

void doctor(Call& c) {
  const MemoryReport m = c.engine.ports.memory.report();
  if (m.allocated < 5 * kMiB)
    return c.reply.verbatim(
        "This instance is empty or uses very little memory: there is nothing to examine.\n");
  const auto found = findings(m);
  if (found.empty()) return c.reply.verbatim("No memory issue was found in this instance.\n");
  std::string text = "A few memory issues were found in this instance:\n\n";
  for (const std::string_view one : found) text += " * " + std::string(one) + "\n\n";
  c.reply.verbatim(text);
}

}  // namespace

void command_memory(Call& c) {
  if (c.subcommand("usage", 3, 5)) return usage(c);
  if (c.subcommand("stats", 2, 2)) return stats(c);
  if (c.subcommand("doctor", 2, 2)) return doctor(c);
  if (c.subcommand("purge", 2, 2)) {
    c.engine.ports.memory.give_back();
    return c.reply.ok();
  }
  if (c.subcommand("malloc-stats", 2, 2))
    return c.reply.verbatim("Stats not supported for the current allocator");
  if (c.subcommand("help", 2, 2)) return help(c);
  c.unknown_subcommand();
}

}  // namespace node

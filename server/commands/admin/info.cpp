/// INFO: sections that the engine knows are written here, the others by the node.
#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <set>
#include <sstream>

#include "server/commands/admin/handlers.h"

namespace node {

namespace {

constexpr std::string_view kSections[] = {"server",       "clients", "memory",  "persistence",  "stats",
                                          "replication",  "cpu",     "modules", "commandstats", "errorstats",
                                          "latencystats", "cluster", "keyspace"};

bool by_default(std::string_view s) {
  return s != "commandstats" && s != "latencystats";
}

std::string command_stats(Engine& engine) {
  std::string out = "# Commandstats\r\n";
  auto add = [&](const Command& command) {
    const CommandStats& s = engine.stats_of(command);
    if (!s.calls && !s.rejected && !s.failed) return;
    char line[256];
    std::snprintf(
        line, sizeof line,
        "cmdstat_%s:calls=%llu,usec=%llu,usec_per_call=%.2f,rejected_calls=%llu,failed_calls=%llu\r\n",
        std::string(command.name).c_str(), static_cast<unsigned long long>(s.calls),
        static_cast<unsigned long long>(s.usec),
        s.calls ? static_cast<double>(s.usec) / static_cast<double>(s.calls) : 0.0,
        static_cast<unsigned long long>(s.rejected), static_cast<unsigned long long>(s.failed));
    out += line;
  };
  for (const Command& command : engine.table.commands()) add(command);
  for (const Command& command : engine.table.subcommands()) add(command);
  return out;
}

/// "p50=1.003,p99=2.007": as many as the directive names.
std::string percentiles_text(const LatencyHistogram& latency, const std::vector<std::string>& percentiles) {
  std::string out;
  for (const std::string& percent : percentiles) {
    char text[64];
    std::snprintf(text, sizeof text, "=%.3f", latency.percentile(std::strtod(percent.c_str(), nullptr)));
    out += (out.empty() ? "p" : ",p") + percent + text;
  }
  return out;
}

std::string latency_stats(Engine& engine) {
  std::string out = "# Latencystats\r\n";
  if (!engine.config.latency_tracking) return out;
  std::istringstream in(engine.config.latency_percentiles);
  const std::vector<std::string> percentiles{std::istream_iterator<std::string>(in), {}};
  auto add = [&](const Command& command) {
    const CommandStats& s = engine.stats_of(command);
    if (s.latency.empty()) return;
    out += "latency_percentiles_usec_" + std::string(command.name) + ":" +
           percentiles_text(s.latency, percentiles) + "\r\n";
  };
  for (const Command& command : engine.table.commands()) add(command);
  for (const Command& command : engine.table.subcommands()) add(command);
  return out;
}

std::string keyspace(Engine& engine) {
  std::string out = "# Keyspace\r\n";
  for (std::size_t i = 0; i < engine.db_count(); ++i) {
    Database& d = engine.db(static_cast<int>(i));
    if (d.size() == 0) continue;
    out += "db" + std::to_string(i) + ":keys=" + std::to_string(d.size()) +
           ",expires=" + std::to_string(d.expiring()) + ",avg_ttl=" + std::to_string(d.average_ttl()) +
           "\r\n";
  }
  return out;
}

}  // namespace

void command_info(Call& c) {
  std::set<std::string> wanted;
  bool all = false, standard = c.argc() == 1;
  for (std::size_t i = 1; i < c.argc(); ++i) {
    std::string name(c.arg(i));
    for (char& ch : name) ch = static_cast<char>(std::tolower(static_cast<unsigned char>(ch)));
    all |= name == "all" || name == "everything";
    standard |= name == "default";
    wanted.insert(std::move(name));
  }
  std::string text;
  for (std::string_view section : kSections) {
    if (!all && !(standard && by_default(section)) && !wanted.contains(std::string(section))) continue;
    std::string part;
    if (section == "commandstats") {
      part = command_stats(c.engine);
    } else if (section == "latencystats") {
      part = latency_stats(c.engine);
    } else if (section == "errorstats") {
      part = "# Errorstats\r\n";
      for (const auto& [code, n] : c.engine.error_counts)
        part += "errorstat_" + code + ":count=" + std::to_string(n) + "\r\n";
    } else if (section == "cluster") {
      part = std::string("# Cluster\r\ncluster_enabled:") + (c.engine.config.cluster_enabled ? "1" : "0") +
             "\r\n";
    } else if (section == "keyspace") {
      part = keyspace(c.engine);
    } else if (section == "modules") {
      part = "# Modules\r\n";
    } else if (!c.engine.ports.server.info_section(section, part)) {
      continue;
    }
    if (!text.empty()) text += "\r\n";
    text += part;
  }
  c.reply.verbatim(text);
}

}  // namespace node

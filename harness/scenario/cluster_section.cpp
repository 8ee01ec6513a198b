// [cluster]: its shape, its builds and its settings.
#include "harness/builds/server.h"
#include "harness/core/slot_text.h"
#include "harness/core/suggest.h"
#include "harness/scenario/sections.h"

namespace harness {
namespace {

/// A SPEC, several separated by commas, or an array of SPECs.
void read_servers(Section& section, ClusterPlan& cluster) {
  const auto given = section.read_json("server");
  if (!given) return;
  if (given->is_string()) {
    cluster.servers = split_specs(given->get<std::string>());
    return;
  }
  cluster.servers.clear();
  if (given->is_array())
    for (const auto& spec : *given)
      if (spec.is_string()) cluster.servers.push_back(spec.get<std::string>());
  if (cluster.servers.empty() || cluster.servers.size() != given->size())
    section.refuse("server",
                   "'server' must be a SPEC (redis, valkey, bundled, a path, debian:NAME=VERSION) "
                   "or an array of them");
}

/// One number for all masters, or a list with one a master.
void read_replicas(Section& section, ClusterPlan& cluster) {
  const auto given = section.read_json("replicas");
  if (!given) return;
  if (!given->is_array()) {
    section.read("replicas", cluster.config.replicas, 0, 1000);
    return;
  }
  cluster.config.replicas = 0;
  for (const auto& number : *given) {
    if (!number.is_number_integer() || number < 0 || number > 1000)
      section.refuse("replicas",
                     "'replicas' must be a whole number from 0 to 1000, or a list with one a master");
    cluster.replicas_of.push_back(number.get<int>());
    cluster.config.replicas = std::max(cluster.config.replicas, cluster.replicas_of.back());
  }
  if (!section.has("masters")) cluster.config.masters = static_cast<int>(cluster.replicas_of.size());
}

void read_slots(Section& section, ClusterPlan& cluster) {
  std::vector<std::string> texts;
  section.read_names("slots", texts);
  for (const std::string& text : texts)
    if (!slot_ranges_from(text, cluster.slots.emplace_back()))
      section.refuse("slots", "'" + text +
                                  "' must be slot ranges from 0 to 16383 that do not overlap, joined by "
                                  "commas: \"0-8191,9000\"");
  if (section.has("slots") && !section.has("masters") && cluster.replicas_of.empty())
    cluster.config.masters = static_cast<int>(cluster.slots.size());
}

void read_nodes(Section section, Scenario& scenario) {
  for (auto& [name, table] : section.named_tables()) {
    NodePlan& node = scenario.plan.cluster.nodes[name];
    scenario.places["cluster.nodes." + name] = section.place(name);
    table.read("server", node.server);
    scenario.places["cluster.nodes." + name + ".server"] = table.place("server");
    table.read_directives(node.directives, "server");
    for (const auto& [directive, value] : node.directives)
      scenario.places["cluster.nodes." + name + "." + directive] = table.place(directive);
  }
}

void read_persistence(Section& section, ClusterPlan& cluster) {
  std::string word(to_string(cluster.persistence));
  section.read("persistence", word);
  if (persistence_from(word, cluster.persistence)) return;
  std::string all;
  for (const std::string_view one : persistence_words()) all += (all.empty() ? "" : ", ") + std::string(one);
  section.refuse("persistence",
                 "'persistence' must be one of " + all + suggestion(word, persistence_words()));
}

}  // namespace

void read_cluster(Section section, Scenario& scenario) {
  ClusterPlan& cluster = scenario.plan.cluster;
  ClusterConfig& config = cluster.config;
  read_servers(section, cluster);
  section.read("masters", config.masters, 0, 16384);
  read_replicas(section, cluster);
  read_slots(section, cluster);
  section.read("spare", cluster.spare, 0, 1000);
  section.read("node-timeout", config.node_timeout_ms, 100, 3'600'000);
  read_persistence(section, cluster);
  section.read("require-full-coverage", config.require_full_coverage);
  section.read("replica-validity-factor", config.replica_validity_factor, 0, 100'000);
  section.read("migration-barrier", config.migration_barrier, 0, 1000);
  section.read("allow-replica-migration", config.allow_replica_migration);
  if (auto directives = section.table("directives")) {
    directives->read_directives(cluster.directives);
    for (const auto& [name, value] : cluster.directives)
      scenario.places["cluster.directives." + name] = directives->place(name);
  }
  if (auto nodes = section.table("nodes")) read_nodes(*nodes, scenario);
  for (const char* key : {"masters", "replicas", "slots", "spare", "server"})
    scenario.places["cluster." + std::string(key)] = section.place(key);
  section.done();
}

}  // namespace harness

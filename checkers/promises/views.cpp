#include "checkers/promises/views.h"

#include <algorithm>
#include <map>
#include <set>

#include "checkers/promises/analysis.h"
#include "checkers/promises/effects.h"
#include "checkers/promises/evidence.h"
#include "checkers/promises/shown_views.h"
#include "checkers/promises/slots_told.h"
#include "harness/core/anomaly_kind.h"

namespace harness {
namespace {

/// A disagreement that a make is known for: told, and no failure unless the plan asks for this checker.
struct KnownDisagreement {
  AnomalyKind type;
  std::string_view flavor;
  int since;   // versions from this one on ...
  int before;  // ... and below this one; 0: no end
  std::string_view source;
};
constexpr KnownDisagreement kKnown[] = {
    // "If a node is serving no slots, it is said to exist in its own shard" (redis#10293): before shards had
    // ids,
    // a master that failed left its shard when a replica took its slots.
    {"failed-master-apart", "redis", 7'000'000, 7'002'000, "redis#10293, redis#13414"},
    {"failed-master-apart", "bundled", 7'000'000, 7'002'000, "redis#10293, redis#13414"},
};

/// One node's view of the end, understood.
struct Shown {
  const FinalView* view = nullptr;
  Topology nodes;
  ClusterInfo info;
  ReplicationInfo replication;
};

class Views {
 public:
  Views(const Analysis& analysis, CheckResult& result)
      : run_(analysis.run), failovers_(analysis.failovers), result_(result) {
    const auto& checks = run_.plan.limits.checks;
    asked_by_name_ = std::ranges::find(checks, "views") != checks.end();
  }

  void check() {
    for (const FinalView& view : run_.final_views) take(view);
    for (const Shown& shown : shown_) {
      check_slots(shown);
      check_shards(shown);
      check_info(shown);
      check_replication(shown);
      check_open_slots(shown);
    }
    if (run_.info.settled == kNever)
      result_.note = "The cluster had not settled: the nodes were not compared with each other.";
    else
      check_between_nodes();
    figure(result_.measured, "nodes", static_cast<double>(shown_.size()));
    result_.operations = shown_.size();
  }

 private:
  void take(const FinalView& view) {
    const std::string name = node_name(run_, view.node);
    if (!view.error.empty() && !runs_at_end(run_, view.node)) return;  // told by role-convergence
    if (!view.error.empty())
      return doubt(result_, name + " could not be asked for its views: " + view.error + ".");
    if (!view.steady)
      return doubt(result_, name + " was still changing its mind when it was asked in the end.");
    Shown shown{&view, parse_cluster_nodes(view.nodes), parse_cluster_info(view.info),
                parse_info_replication(view.replication)};
    if (shown.nodes.myself() == nullptr)
      return tell("view-lacks-itself", view, name + " does not list itself");
    shown_.push_back(std::move(shown));
  }

  void tell(AnomalyKind type, const FinalView& view, std::string text) {
    Anomaly anomaly;
    anomaly.type = type.text();
    anomaly.node = node_name(run_, view.node);
    anomaly.time = judged_at(run_);
    anomaly.explanation = "in the end " + std::move(text);
    if (const KnownDisagreement* known = asked_by_name_ ? nullptr : known_of(type, view.node)) {
      anomaly.allowed = true;
      anomaly.known = known->source;
    }
    report(result_, std::move(anomaly));
  }

  const KnownDisagreement* known_of(AnomalyKind type, int node) const {
    const ServerInfo& server = server_of(run_.info, run_.nodes[static_cast<std::size_t>(node)]);
    const int version = version_number(server.version);
    for (const KnownDisagreement& known : kKnown)
      if (known.type == type && known.flavor == server.flavor && known.since <= version &&
          (known.before == 0 || version < known.before))
        return &known;
    return nullptr;
  }

  std::string name(const Shown& shown) const { return node_name(run_, shown.view->node); }

  // --- SLOTS against NODES ---

  void check_slots(const Shown& shown) {
    const SlotRanges differ = differing(owners_by(shown.nodes), owners_by(shown.view->slots));
    if (!differ.empty()) tell_owners("slots-disagree", shown, differ);
    for (const ShownRange& range : shown.view->slots) {
      check_addresses("CLUSTER SLOTS", shown, range.nodes);
      check_listed_replicas(shown, range);
    }
  }

  void tell_owners(AnomalyKind type, const Shown& shown, const SlotRanges& differ) {
    const int slot = differ.front().first;
    const TopologyNode* owner = shown.nodes.owner_of(slot);
    tell(type, *shown.view,
         name(shown) + " gives slots " + slots_text(differ) +
             " to different owners (rows 13, 14): CLUSTER NODES says " +
             (owner == nullptr ? "nobody" : nodes_text(*shown.view, owner->id)) + ", CLUSTER SLOTS says " +
             slots_text_of(run_, *shown.view, slot));
  }

  /// A replica is left out while it is failed or its offset is 0 (isReplicaAvailable in Redis' cluster.c).
  void check_listed_replicas(const Shown& shown, const ShownRange& range) {
    if (range.nodes.empty()) return;
    const std::string& master = range.nodes.front().id;
    std::set<std::string> listed;
    for (std::size_t i = 1; i < range.nodes.size(); ++i) listed.insert(range.nodes[i].id);
    for (const TopologyNode& node : shown.nodes.nodes) {
      const bool replica = node.master_id == master;
      const bool expected =
          replica && !node.is(kFlagFail) && !node.is(kFlagPfail) && offset_known(shown, node.id);
      if (expected && !listed.contains(node.id))
        tell("replica-not-listed", *shown.view,
             name(shown) + " has a replica that CLUSTER SLOTS leaves out: CLUSTER NODES says " +
                 nodes_text(*shown.view, node.id) + ", CLUSTER SLOTS says " +
                 slots_text_of(run_, *shown.view, range.slots.first));
      if (!replica && listed.contains(node.id))
        tell("replica-elsewhere", *shown.view,
             name(shown) +
                 " lists a node as a replica of a master that it does not follow: CLUSTER NODES says " +
                 nodes_text(*shown.view, node.id) + ", CLUSTER SLOTS says " +
                 slots_text_of(run_, *shown.view, range.slots.first));
    }
  }

  /// Whether the node has heard of the replica's offset, by its own CLUSTER SHARDS.
  static bool offset_known(const Shown& shown, const std::string& id) {
    for (const ShownShard& shard : shown.view->shards)
      for (const ShownNode& node : shard.nodes)
        if (node.id == id) return node.offset != 0;
    return false;
  }

  void check_addresses(std::string_view form, const Shown& shown, const std::vector<ShownNode>& nodes) {
    for (const ShownNode& node : nodes) {
      const TopologyNode* line = shown.nodes.find(node.id);
      if (line == nullptr) {
        tell("unknown-node-shown", *shown.view,
             name(shown) + " shows in " + std::string(form) +
                 " a node that its CLUSTER NODES does not have: " + node.id);
        continue;
      }
      // A make may show a host name where it was told to, and no address of itself that nobody told it.
      const bool address = !node.ip.empty() && node.ip.find_first_not_of("0123456789.") == std::string::npos;
      if (address && !line->ip.empty() && (node.ip != line->ip || node.port != line->port))
        tell("addresses-disagree", *shown.view,
             name(shown) + " has two addresses of " + name_of_id(run_, node.id) + ": " + std::string(form) +
                 " says " + node.ip + ":" + std::to_string(node.port) + ", CLUSTER NODES says " +
                 nodes_text(*shown.view, node.id));
    }
  }

  // --- SHARDS against NODES ---

  void check_shards(const Shown& shown) {
    if (!shown.view->has_shards) return;
    std::map<std::string, int> seen;
    for (const ShownShard& shard : shown.view->shards) {
      check_addresses("CLUSTER SHARDS", shown, shard.nodes);
      check_shard(shown, shard);
      for (const ShownNode& node : shard.nodes) ++seen[node.id];
    }
    for (const TopologyNode& node : shown.nodes.nodes) {
      if (node.is(kFlagHandshake) || node.is(kFlagNoAddress) || seen[node.id] == 1) continue;
      tell("shard-membership", *shown.view,
           name(shown) + " shows " + name_of_id(run_, node.id) + " in " + std::to_string(seen[node.id]) +
               " shards of CLUSTER SHARDS, and in CLUSTER NODES as " + nodes_text(*shown.view, node.id));
    }
  }

  void check_shard(const Shown& shown, const ShownShard& shard) {
    for (const ShownNode& node : shard.nodes) {
      const TopologyNode* line = shown.nodes.find(node.id);
      if (line == nullptr) continue;  // told already
      if ((node.role == "master") != line->is(kFlagMaster))
        tell("roles-disagree", *shown.view,
             name(shown) + " has two roles of " + name_of_id(run_, node.id) + ": CLUSTER SHARDS says " +
                 shard_text(run_, shard) + ", CLUSTER NODES says " + nodes_text(*shown.view, node.id));
      if (line->slots.empty() || line->slots == shard.slots) continue;
      tell(shard.slots.empty() ? AnomalyKind("shard-without-slots") : AnomalyKind("shard-slots-disagree"),
           *shown.view,
           name(shown) +
               " has a shard whose slots are not those of its master (rows 13, 14): CLUSTER SHARDS says " +
               shard_text(run_, shard) + ", CLUSTER NODES says " + nodes_text(*shown.view, node.id));
    }
    check_shard_owner(shown, shard);
    check_failed_master(shown, shard);
  }

  /// A master that failed belongs to the shard that took its slots over.
  void check_failed_master(const Shown& shown, const ShownShard& shard) {
    if (!shard.slots.empty() || shard.nodes.size() != 1) return;
    const TopologyNode* line = shown.nodes.find(shard.nodes.front().id);
    const int node = line == nullptr ? -1 : run_.node_by_id(line->id);
    if (node < 0 || !line->is(kFlagMaster) || !line->is(kFlagFail) || !line->slots.empty()) return;
    const bool replaced =
        std::ranges::any_of(failovers_, [&](const Failover& failover) { return failover.from == node; });
    if (replaced)
      tell("failed-master-apart", *shown.view,
           name(shown) +
               " shows a shard without slots, of a failed master alone whose shard goes on: CLUSTER SHARDS "
               "says " +
               shard_text(run_, shard) + ", CLUSTER NODES says " + nodes_text(*shown.view, line->id));
  }

  /// Slots of a shard that no node in it owns.
  void check_shard_owner(const Shown& shown, const ShownShard& shard) {
    if (shard.slots.empty()) return;
    const bool owned = std::ranges::any_of(shard.nodes, [&](const ShownNode& node) {
      const TopologyNode* line = shown.nodes.find(node.id);
      return line != nullptr && !line->slots.empty();
    });
    if (owned) return;
    const TopologyNode* owner = shown.nodes.owner_of(shard.slots.front().first);
    tell("shard-slots-disagree", *shown.view,
         name(shown) +
             " shows slots in a shard none of whose nodes owns them (rows 13, 14): CLUSTER SHARDS says " +
             shard_text(run_, shard) + ", CLUSTER NODES says " +
             (owner == nullptr ? "nobody" : nodes_text(*shown.view, owner->id)));
  }

  // --- INFO against NODES ---

  void check_info(const Shown& shown) {
    int assigned = 0;
    int masters = 0;
    bool failing = false;
    for (const TopologyNode& node : shown.nodes.nodes) {
      assigned += count_slots(node.slots);
      masters += node.slots.empty() ? 0 : 1;
      failing = failing || (!node.slots.empty() && (node.is(kFlagFail) || node.is(kFlagPfail)));
    }
    const auto listed = static_cast<int>(shown.nodes.nodes.size()) + shown.nodes.unparsed_lines;
    check_figure(shown, "cluster_slots_assigned", shown.info.slots_assigned, assigned);
    check_figure(shown, "cluster_known_nodes", shown.info.known_nodes, listed);
    check_figure(shown, "cluster_size", shown.info.size, masters);
    if (!failing) check_figure(shown, "cluster_slots_ok", shown.info.slots_ok, assigned);
    check_state(shown, assigned, failing);
  }

  void check_figure(const Shown& shown, const std::string& figure, int info, int nodes) {
    if (info == nodes) return;
    tell("info-disagrees", *shown.view,
         name(shown) + " says " + figure + ":" + std::to_string(info) + " in CLUSTER INFO, and " +
             std::to_string(nodes) + " by its CLUSTER NODES");
  }

  /// Row 17.
  void check_state(const Shown& shown, int assigned, bool failing) {
    const bool whole = assigned == kSlotCount && !failing;
    if (shown.info.state_ok == whole || (!whole && !run_.info.config.require_full_coverage)) return;
    tell("state-disagrees", *shown.view,
         name(shown) + " says cluster_state:" + (shown.info.state_ok ? "ok" : "fail") +
             " (row 17), and by its CLUSTER NODES " + std::to_string(assigned) + " slots are assigned" +
             (failing ? ", some to a failed node" : ", none to a failed node"));
  }

  void check_replication(const Shown& shown) {
    const TopologyNode& own = *shown.nodes.myself();
    const std::string told = name(shown) + " has two roles of itself: INFO replication says ";
    if (shown.replication.is_master != own.is(kFlagMaster))
      return tell("roles-disagree", *shown.view,
                  told + (shown.replication.is_master ? "master" : "replica") + ", CLUSTER NODES says " +
                      nodes_text(*shown.view, own.id));
    const TopologyNode* master = own.is(kFlagMaster) ? nullptr : shown.nodes.find(own.master_id);
    if (master == nullptr ||
        shown.replication.master_ip.find_first_not_of("0123456789.") != std::string::npos)
      return;
    if (shown.replication.master_ip != master->ip || shown.replication.master_port != master->port)
      tell("roles-disagree", *shown.view,
           told + "replica of " + shown.replication.master_ip + ":" +
               std::to_string(shown.replication.master_port) + ", CLUSTER NODES says " +
               nodes_text(*shown.view, master->id));
  }

  // --- row 22: no slot is left open ---

  void check_open_slots(const Shown& shown) {
    const TopologyNode& own = *shown.nodes.myself();
    if (own.migrating.empty() && own.importing.empty()) return;
    if (migrated_by_plan(shown.view->node) || left_open_by_plan(shown)) return;
    if (damaged_by_plan(shown.view->node)) return;
    tell("open-slot", *shown.view,
         name(shown) +
             " has a slot open although nothing of the plan moved slots of it (row 22): CLUSTER NODES says " +
             nodes_text(*shown.view, own.id));
  }

  /// Of the node, or of one of its shard: valkey's replicas know of open slots, and their heirs keep them
  /// open.
  bool migrated_by_plan(int node) const {
    return std::ranges::any_of(run_.faults,
                               [&](const FaultRecord& fault) { return moves_slots_of(fault, node); });
  }

  bool moves_slots_of(const FaultRecord& fault, int node) const {
    const auto shard_of = [&](std::size_t i) { return run_.nodes[i].shard; };
    if (!has_effect(fault, {EffectKind::kMembership})) return false;
    for (std::size_t i = 0; i < run_.nodes.size(); ++i)
      if (shard_of(i) == shard_of(static_cast<std::size_t>(node)) &&
          acts_on(run_, fault, static_cast<int>(i)))
        return true;
    return false;
  }

  /// Whether all open slots of the node are shared with nodes of which a change of the plan was begun and
  /// never verified to be done, or undone: a newcomer that got slots of every master, say.
  bool left_open_by_plan(const Shown& shown) const {
    const auto unfinished = [&](int other) {
      return other >= 0 && std::ranges::any_of(run_.faults, [&](const FaultRecord& fault) {
               const bool done = fault.verified_active() && fault.verified_healed();
               return fault.requested != kNever && fault.healed == kNever && !done &&
                      moves_slots_of(fault, other);
             });
    };
    const std::string& text = shown.view->nodes;
    for (const std::string_view arrow : {"->-", "-<-"})
      for (std::size_t at = text.find(arrow); at != std::string::npos; at = text.find(arrow, at + 1))
        if (!unfinished(run_.node_by_id(id_after(std::string_view(text).substr(at), arrow)))) return false;
    return true;
  }

  /// A node that finds keys in its files of slots that are another one's opens those slots; so it does where
  /// damage has made other keys of its own.
  bool damaged_by_plan(int node) const {
    return std::ranges::any_of(run_.faults, [&](const FaultRecord& fault) {
      return damages_data(fault, node) || damages_views(fault, node);
    });
  }

  // --- between nodes ---

  void check_between_nodes() {
    if (shown_.empty()) return;
    const Shown& first = shown_.front();
    for (const Shown& shown : shown_) {
      const SlotRanges differ = differing(owners_by(first.nodes), owners_by(shown.nodes));
      if (!differ.empty()) tell_owners_between(first, shown, differ);
      for (const TopologyNode& line : first.nodes.nodes) compare_lines(first, shown, line);
    }
  }

  void tell_owners_between(const Shown& a, const Shown& b, const SlotRanges& differ) {
    const int slot = differ.front().first;
    const auto text = [&](const Shown& shown) {
      const TopologyNode* owner = shown.nodes.owner_of(slot);
      return name(shown) + " says " + (owner == nullptr ? "nobody" : nodes_text(*shown.view, owner->id));
    };
    tell("nodes-disagree", *b.view,
         "two nodes give slots " + slots_text(differ) + " to different owners (rows 13, 14): " + text(a) +
             ", " + text(b));
  }

  /// A node that nobody is, in a run in which a nodes.conf was damaged: a flipped bit gives another id, which
  /// others may hear of.
  bool invented(const TopologyNode& line) const {
    const auto damaged = [&](const FaultRecord& fault) {
      return std::ranges::any_of(fault.nodes, [&](int node) { return damages_views(fault, node); });
    };
    return std::ranges::none_of(run_.nodes, [&](const NodeInfo& node) { return node.id == line.id; }) &&
           std::ranges::any_of(run_.faults, damaged);
  }

  /// What a node was called before it was reset hard: listed, without an address, by whoever knew it until
  /// somebody makes them forget it. Itself it has another id.
  bool former_name(const TopologyNode& line) const {
    const int node = run_.node_by_id(line.id);
    return line.is(kFlagNoAddress) && std::ranges::any_of(shown_, [&](const Shown& shown) {
             const TopologyNode* own = shown.view->node == node ? shown.nodes.myself() : nullptr;
             return own != nullptr && own->id != line.id;
           });
  }

  void compare_lines(const Shown& a, const Shown& b, const TopologyNode& line) {
    const TopologyNode* other = b.nodes.find(line.id);
    if (invented(line) || former_name(line)) return;
    if (other == nullptr) {
      tell("nodes-disagree", *b.view,
           name(b) + " does not know " + name_of_id(run_, line.id) + ", which " + name(a) + " lists as " +
               nodes_text(*a.view, line.id));
      return;
    }
    const bool roles = line.is(kFlagMaster) == other->is(kFlagMaster) && line.master_id == other->master_id;
    const bool addresses =
        line.ip.empty() || other->ip.empty() ||
        (line.ip == other->ip && line.port == other->port && line.bus_port == other->bus_port);
    if (!roles || !addresses)
      tell("nodes-disagree", *b.view,
           "two nodes describe " + name_of_id(run_, line.id) + " differently: " + name(a) + " says " +
               nodes_text(*a.view, line.id) + ", " + name(b) + " says " + nodes_text(*b.view, line.id));
  }

  const RunRecord& run_;
  const std::vector<Failover>& failovers_;
  CheckResult& result_;
  bool asked_by_name_ = false;
  std::vector<Shown> shown_;
};

}  // namespace

CheckResult check_views(const Analysis& analysis, const CheckOptions&) {
  const RunRecord& run = analysis.run;
  CheckResult result;
  result.name = "views";
  result.valid = Validity::kValid;
  if (run.info.interrupted) {
    doubt(result, "The run was interrupted before the cluster could settle.");
    return result;
  }
  if (run.final_views.empty()) {
    result.valid = Validity::kNotApplicable;
    result.explanation = "This store has no views of the end: an earlier release recorded it.";
    return result;
  }
  Views(analysis, result).check();
  check_slots_told(analysis, result);
  if (result.violations > 0)
    result.explanation = result.anomalies.front().explanation + ".";
  else if (result.explanation.empty())
    result.explanation =
        result.allowed == 0
            ? "At every node NODES, SLOTS, SHARDS and INFO agree, and all nodes agree."
            : "What disagrees is known of this make: " + result.anomalies.front().explanation + " (" +
                  result.anomalies.front().known + ").";
  if (!result.note.empty()) result.explanation += " " + result.note;
  // A node that the plan leaves dead may keep the cluster from settling; anything else that does is a doubt.
  if (run.info.settled == kNever && run.plan.limits.restart_at_end)
    doubt(result, "The cluster never settled.");
  return result;
}

}  // namespace harness

#include "checkers/promises/role_convergence.h"

#include <algorithm>
#include <map>

#include "checkers/promises/analysis.h"
#include "checkers/promises/effects.h"
#include "checkers/promises/evidence.h"
#include "checkers/promises/intention.h"
#include "checkers/promises/replica_moves.h"
#include "harness/core/anomaly_kind.h"

namespace harness {
namespace {

class Convergence {
 public:
  Convergence(const Analysis& analysis, CheckResult& result)
      : analysis_(analysis),
        run_(analysis.run),
        views_(analysis.views),
        intended_(intended_in_the_end(run_)),
        members_(intended_.members()),
        left_(left_dead_in_the_end(run_, views_)),
        result_(result) {}

  void check() {
    for (const int node : members_) check_presence(node);
    for (const int node : members_) {
      check_opinion(node);
      check_role(node);
    }
    check_counts();
    check_old_masters();
    figure(result_.measured, "masters", masters_);
    figure(result_.measured, "replicas", replicas_);
    figure(result_.bound, "masters",
           intended_.shards_with_slots() - static_cast<double>(left_.shards.size()));
    figure(result_.bound, "replicas", static_cast<double>(members_.size()) - shards_with_members());
  }

 private:
  const View* final_view(int node) const {
    const View* view = last_view(views_[static_cast<std::size_t>(node)]);
    return view != nullptr && view->reachable && view->topology.myself() != nullptr ? view : nullptr;
  }

  /// What the node calls itself in the end: CLUSTER RESET HARD gives it another id than at its creation.
  const std::string& id_of(int node) const {
    const View* view = final_view(node);
    return view != nullptr ? view->topology.myself()->id : run_.nodes[static_cast<std::size_t>(node)].id;
  }
  int node_by_id(const std::string& id) const {
    const auto found = std::ranges::find_if(members_, [&](int node) { return id_of(node) == id; });
    return found != members_.end() ? *found : run_.node_by_id(id);
  }

  void tell(AnomalyKind type, int node, std::string text) {
    accuse_in_the_end(run_, result_, type, node, std::move(text));
  }

  void check_presence(int node) {
    if (left_dead(run_, node)) return;
    const View* last = last_view(views_[static_cast<std::size_t>(node)]);
    if (last == nullptr) {
      doubt(result_, node_name(run_, node) + " was never looked at.");
    } else if (!runs_at_end(run_, node)) {
      tell("node-missing", node, node_name(run_, node) + " does not run in the end: it never came back");
    } else if (!last->reachable) {
      tell("node-missing", node,
           node_name(run_, node) + " runs, but answers nobody since " + at(last->begin) +
               (last->error.empty() ? "" : " (" + last->error + ")"));
    }
  }

  /// What this node thinks of the others is what they say of themselves.
  void check_opinion(int node) {
    const View* view = final_view(node);
    if (view == nullptr) return;
    const std::string name = node_name(run_, node);
    for (const int other : members_) {
      const View* theirs = final_view(other);
      const std::string other_name = node_name(run_, other);
      const TopologyNode* line = view->topology.find(id_of(other));
      if (line == nullptr) {
        tell("unknown-node", node, "in the end " + name + " does not know " + other_name);
        continue;
      }
      const bool runs = runs_at_end(run_, other);  // else it is told as missing already
      if (runs && (line->is(kFlagPfail) || line->is(kFlagFail) || line->is(kFlagHandshake) ||
                   line->is(kFlagNoAddress)))
        tell("thought-failing", node,
             "in the end " + name + " has " + other_name + " as " +
                 (line->is(kFlagFail)    ? "failed"
                  : line->is(kFlagPfail) ? "possibly failing"
                                         : "half known"));
      const TopologyNode* own = own_line(theirs);
      if (own == nullptr) continue;
      if (line->is(kFlagMaster) != own->is(kFlagMaster) || line->master_id != own->master_id)
        tell("role-disputed", node,
             "in the end " + name + " has " + other_name + " as " + role(*line) + ", which calls itself " +
                 role(*own));
      else if (line->is(kFlagMaster) && line->slots != own->slots)
        tell("slots-disputed", node,
             "in the end " + name + " gives " + other_name + " slots " + slots_text(line->slots) +
                 ", which claims " + slots_text(own->slots));
      else if (line->is(kFlagMaster) && line->config_epoch != own->config_epoch)
        tell("epoch-disputed", node,
             "in the end " + name + " has " + other_name + " at config epoch " +
                 std::to_string(line->config_epoch) + ", which is at " + std::to_string(own->config_epoch));
    }
  }

  std::string role(const TopologyNode& line) const {
    if (line.is(kFlagMaster)) return line.slots.empty() ? "a master without slots" : "a master";
    const int master = node_by_id(line.master_id);
    return "a replica of " + (master < 0 ? "an unknown node" : node_name(run_, master));
  }

  void check_role(int node) {
    const View* view = final_view(node);
    if (view == nullptr) return;
    const TopologyNode& own = *view->topology.myself();
    const std::string name = node_name(run_, node);
    if (own.is(kFlagMaster)) {
      if (!own.slots.empty())
        ++masters_;
      else if (!intended_.slots_of(intended_.shard_of(node)).empty())
        tell("master-without-slots", node,
             "in the end " + name +
                 " is a master without slots: it should be a replica of the node that took them");
      return;
    }
    ++replicas_;
    const int master = node_by_id(own.master_id);
    if (left_.shards.contains(intended_.shard_of(node)) && left_dead(run_, master)) return;
    const TopologyNode* theirs = master < 0 ? nullptr : own_line(final_view(master));
    const bool slotless =
        theirs != nullptr && theirs->slots.empty() &&
        (!intended_.is_member(master) || !intended_.slots_of(intended_.shard_of(master)).empty());
    if (theirs == nullptr || !theirs->is(kFlagMaster) || slotless)
      tell("replica-of-no-master", node,
           "in the end " + name + " calls itself " + role(own) + ", which is no serving master");
    if (!view->replication.link_up && !moved_since_settled(node))
      tell("link-down", node, "in the end the replication link of " + name + " to its master is down");
  }

  /// Whether it left the master that it had when the cluster had settled for another one: a copy takes its
  /// time.
  bool moved_since_settled(int node) const {
    const TopologyNode* now = own_line(final_view(node));
    const TopologyNode* then = own_line(view_at(views_[static_cast<std::size_t>(node)], run_.info.settled));
    return !migration_impossible() && run_.info.settled != kNever && now != nullptr && then != nullptr &&
           !then->is(kFlagMaster) && then->master_id != now->master_id;
  }

  void check_counts() {
    const auto split = std::ranges::count_if(members_, [this](int node) { return made_its_own_shard(node); });
    if (split > 0)
      doubt(result_,
            "Slots were given to a master while another node replaced it: it stays a master of these.");
    const int most = intended_.shards_with_slots() + static_cast<int>(split);
    const int least = most - static_cast<int>(left_.shards.size());
    if (masters_ < least || masters_ > most)
      tell("masters-missing", -1,
           "in the end " + std::to_string(masters_) + " masters serve slots, " + std::to_string(least) +
               " are meant to");
    for (const int node : members_) {
      const TopologyNode* own = own_line(final_view(node));
      const bool alone = std::ranges::none_of(intended_.nodes_of(intended_.shard_of(node)), [&](int other) {
        return other != node && !left_dead(run_, other);
      });
      if (own == nullptr || !own->is(kFlagMaster) || own->slots.empty() || alone) continue;
      const bool attached = std::ranges::any_of(members_, [&](int other) {
        const TopologyNode* theirs = own_line(final_view(other));
        return theirs != nullptr && theirs->master_id == own->id;
      });
      if (!attached && !heir_of_one_elsewhere(node) && split == 0)
        tell("master-without-replica", node,
             "in the end " + node_name(run_, node) + " serves slots " + slots_text(own->slots) +
                 " without any replica");
    }
  }

  int shards_with_members() const {
    int count = 0;
    for (int shard = 0; shard < intended_.shards(); ++shard)
      count += intended_.nodes_of(shard).empty() ? 0 : 1;
    return count;
  }

  void check_old_masters() {
    const auto& failovers = analysis_.failovers;
    std::map<int, const Failover*> last;  // of each node that lost its role
    for (const Failover& failover : failovers) last[failover.from] = &failover;
    for (const auto& [node, failover] : last) {
      if (node < 0) continue;
      const TopologyNode* own = own_line(final_view(node));
      if (own == nullptr) continue;
      const TopologyNode* heir = own_line(final_view(failover->to));
      const bool again_master = own->is(kFlagMaster) && !own->slots.empty();
      const bool heir_rules = heir != nullptr && heir->is(kFlagMaster);
      if (again_master && heir_rules && !made_its_own_shard(node))
        tell("old-master-not-demoted", node,
             node_name(run_, node) + ", replaced by " + node_name(run_, failover->to) + " at " +
                 at(failover->promoted) + ", still serves as a master in the end");
      else if (heir_rules && !own->is(kFlagMaster) && own->master_id != heir->id && migration_impossible() &&
               !took_slots_of(node, own->master_id))
        tell("old-master-elsewhere", node,
             node_name(run_, node) + " came back as " + role(*own) + ", not of its heir " +
                 node_name(run_, failover->to));
    }
  }

  /// Whether the node that it follows serves slots that it had itself when it was last seen as a master. One
  /// that comes back without any follows whoever took the last of its slots, and that need not be its heir
  /// where some were moved on meanwhile (clusterUpdateSlotsConfigWith).
  bool took_slots_of(int old_master, std::string_view followed) const {
    const int taker = run_.node_by_id(followed);
    const TopologyNode* theirs = taker < 0 ? nullptr : own_line(final_view(taker));
    const TopologyNode* had = nullptr;
    for (const View* view : views_[static_cast<std::size_t>(old_master)])
      if (const TopologyNode* own = own_line(view);
          own != nullptr && own->is(kFlagMaster) && !own->slots.empty())
        had = own;
    if (theirs == nullptr || had == nullptr) return false;
    return std::ranges::any_of(theirs->slots, [&](const SlotRange& range) {
      return std::ranges::any_of(had->slots, [&](const SlotRange& other) {
        return range.first <= other.last && other.first <= range.last;
      });
    });
  }

  /// Whether the node, a master, got slots from an administrator while it was being replaced: its heir claims
  /// only those that it had before, so it keeps the others.
  bool made_its_own_shard(int node) const {
    const TopologyNode* own = own_line(final_view(node));
    if (own == nullptr || !own->is(kFlagMaster) || own->slots.empty()) return false;
    return std::ranges::any_of(analysis_.failovers, [&](const Failover& failover) {
      return failover.from == node && failover.fault_at != kNever &&
             std::ranges::any_of(run_.faults, [&](const FaultRecord& fault) {
               return has_effect(fault, {EffectKind::kMembership}) && acts_on(run_, fault, node) &&
                      failover.fault_at <= fault.requested && fault.requested <= failover.promoted;
             });
    });
  }

  /// Whether the node that it replaced rightly follows another one.
  bool heir_of_one_elsewhere(int heir) const {
    return std::ranges::any_of(analysis_.failovers, [&](const Failover& failover) {
      const TopologyNode* old =
          failover.to != heir || failover.from < 0 ? nullptr : own_line(final_view(failover.from));
      return old != nullptr && !old->is(kFlagMaster) && took_slots_of(failover.from, old->master_id);
    });
  }

  /// A replica moves to an orphaned master only from a shard with two of them (checkers/PROMISES.md row 19).
  bool migration_impossible() const {
    if (!run_.info.config.allow_replica_migration) return true;
    return run_.info.config.replicas <= 1 && std::ranges::none_of(run_.intended, [](const Intention& meant) {
             for (int shard = 0; shard < meant.membership.shards(); ++shard)
               if (meant.membership.nodes_of(shard).size() > 2) return true;
             return false;
           });
  }

  const Analysis& analysis_;
  const RunRecord& run_;
  const std::vector<std::vector<const View*>>& views_;
  const Membership intended_;
  const std::vector<int> members_;
  const LeftDead left_;
  CheckResult& result_;
  int masters_ = 0;
  int replicas_ = 0;
};

}  // namespace

CheckResult check_role_convergence(const Analysis& analysis, const CheckOptions&) {
  const RunRecord& run = analysis.run;
  CheckResult result;
  result.name = "role-convergence";
  result.valid = Validity::kValid;
  result.operations = run.views.size();
  if (run.views.empty() || run.nodes.empty()) {
    doubt(result, "No view of the cluster was recorded.");
    return result;
  }
  if (run.info.interrupted) {
    doubt(result, "The run was interrupted before the cluster could settle.");
    return result;
  }
  Convergence(analysis, result).check();
  check_replica_moves(analysis, result);
  conclude(result, "All nodes agree: every shard has one master and its replicas, every link is up.");
  return result;
}

}  // namespace harness

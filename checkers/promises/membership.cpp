#include "checkers/promises/membership.h"

#include <algorithm>
#include <string>
#include <vector>

#include "checkers/promises/analysis.h"
#include "checkers/promises/effects.h"
#include "checkers/promises/evidence.h"
#include "checkers/promises/intention.h"
#include "harness/core/anomaly_kind.h"
#include "harness/core/append_slot.h"
#include "harness/core/cluster_command.h"
#include "harness/core/slot_offer.h"

namespace harness {
namespace {

constexpr std::size_t kRemarksMax = 4;

class MembershipCheck {
 public:
  MembershipCheck(const Analysis& analysis, CheckResult& result)
      : run_(analysis.run), views_(analysis.views), intended_(intended_in_the_end(run_)), result_(result) {}

  void check() {
    for (const int member : intended_.members()) {
      const View* view = final_view(member);
      if (view == nullptr) continue;
      ++members_;
      check_list(member, view->topology);
      check_slots(member, *view->topology.myself());
    }
    if (members_ == 0) doubt(result_, "No view of any member's end was recorded.");
    remark_on_changes();
    figure(result_.measured, "members", members_);
    figure(result_.bound, "members", static_cast<double>(intended_.members().size()));
    figure(result_.measured, "slots", in_place_);
    figure(result_.bound, "slots", intended_.assigned_slots());
    figure(result_.measured, "slots_elsewhere_excused", excused_);
  }

  /// What was meant, what came, and why a difference is none of the cluster's.
  std::string text() const {
    const std::size_t members = intended_.members().size();
    const int slots = intended_.assigned_slots();
    const bool all_seen = static_cast<std::size_t>(members_) == members;
    std::string text = all_seen ? "All " + std::to_string(members)
                                : std::to_string(members_) + " of " + std::to_string(members);
    text += " members were seen in the end and list who is meant to belong; ";
    text += in_place_ == slots ? "all " + std::to_string(slots)
                               : std::to_string(in_place_) + " of " + std::to_string(slots);
    text += " slots are with the shard that is meant to have them.";
    for (std::size_t i = 0; i < std::min(remarks_.size(), kRemarksMax); ++i) text += " " + remarks_[i] + ".";
    if (remarks_.size() > kRemarksMax)
      text += " So it is with " + std::to_string(remarks_.size() - kRemarksMax) + " more.";
    return text;
  }

 private:
  /// Of a node that runs: one that died is role-convergence's affair.
  const View* final_view(int node) const {
    const View* view = last_view(views_[static_cast<std::size_t>(node)]);
    const bool told = view != nullptr && view->reachable && view->topology.myself() != nullptr;
    return told && runs_at_end(run_, node) ? view : nullptr;
  }

  void tell(AnomalyKind type, int node, std::string text) {
    accuse(run_, result_, type, node, judged_at(run_), "in the end " + std::move(text));
  }

  void check_list(int member, const Topology& topology) {
    for (std::size_t other = 0; other < run_.nodes.size(); ++other) {
      const TopologyNode* line = topology.find(run_.nodes[other].id);
      const bool listed = line != nullptr && !line->is(kFlagHandshake);
      if (listed == intended_.is_member(static_cast<int>(other))) continue;
      const bool left = listed && left_by_itself(static_cast<int>(other), member);
      if (left)
        remark(node_name(run_, member) + " still lists " + run_.nodes[other].name +
               ", which was reset and so left without a word");
      else if (listed)
        tell("stranger-listed", member,
             node_name(run_, member) + " lists " + run_.nodes[other].name +
                 ", which is not meant to belong to the cluster");
      else if (!hard_reset(static_cast<int>(other)))
        tell("member-missing", member,
             node_name(run_, member) + " does not list " + run_.nodes[other].name +
                 ", which is meant to belong to the cluster");
    }
  }

  /// A node that was reset left without a word: the others list it until somebody tells them to forget it.
  bool left_by_itself(int node, int viewer) const {
    const auto told = [&](int teller, const std::string& subcommand, const std::string& argument) {
      return std::ranges::any_of(run_.commands, [&](const CommandRecord& command) {
        return command.node == teller && command.answered && !command.refused &&
               is_cluster_command(command, subcommand) &&
               (argument.empty() || (command.words.size() > 2 && command.words[2] == argument));
      });
    };
    const std::string& id = run_.nodes[static_cast<std::size_t>(node)].id;
    return told(node, "RESET", "") && !told(viewer, "FORGET", id);
  }

  /// A node that calls itself otherwise than at its creation: CLUSTER RESET HARD gave it a new id.
  bool hard_reset(int node) const {
    const View* view = final_view(node);
    return view != nullptr && view->topology.myself()->id != run_.nodes[static_cast<std::size_t>(node)].id;
  }

  /// Slots belong to a shard, whoever is its master.
  void check_slots(int member, const TopologyNode& own) {
    if (!own.is(kFlagMaster)) return;
    const SlotRanges& meant = intended_.slots_of(intended_.shard_of(member));
    SlotRanges strange, kept;
    for (const SlotRange& range : own.slots)
      for (int slot = range.first; slot <= range.last; ++slot) {
        if (holds(meant, slot))
          ++in_place_;
        else
          append_slot(kept_of_an_offer(member, slot) ? kept : strange, slot);
      }
    if (!kept.empty())
      excuse(member, kept,
             "which it was asked to hand over: the answer promised that this begins, and not that it ends");
    if (strange.empty()) return;
    if (followed_owner_of(member, strange.front().first))
      return excuse(member, strange, "whose owner it had followed as a replica");
    if (undeclared_change(member))
      return excuse(member, strange, "which a change that did not come to its end may have left there");
    tell("slots-elsewhere", member,
         node_name(run_, member) + " serves slots " + slots_text(strange) +
             ", which are not meant for its shard (" + (meant.empty() ? "no slots" : slots_text(meant)) +
             ")");
  }

  void excuse(int member, const SlotRanges& slots, const std::string& why) {
    int count = 0;
    for (const SlotRange& range : slots) count += range.last - range.first + 1;
    excused_ += count;
    remark(node_name(run_, member) + " has " + std::to_string(count) + " slots not meant for its shard (" +
           slots_text(slots) + "), " + why);
  }

  void remark(std::string text) { remarks_.push_back(std::move(text)); }

  /// What is meant is what was told to the cluster: a change that stopped half-way means no more than it did.
  void remark_on_changes() {
    for (const FaultRecord& fault : run_.faults)
      if (has_effect(fault, {EffectKind::kMembership}) && !fault.error.empty())
        remark("Of '" + (fault.description.empty() ? fault.fault : fault.description) +
               "' only what it did is meant, for it did not come to its end: " + fault.error);
    for (const CommandRecord& command : run_.commands)
      if (command.refused && !slot_offers(command.words).empty())
        remark("What step " + command.step + " asked " + node_name(run_, command.node) +
               " to hand over is not meant, for it refused: " + command.reply);
  }

  static bool holds(const SlotRanges& ranges, int slot) {
    return std::ranges::any_of(ranges, [&](const SlotRange& part) { return part.contains(slot); });
  }

  /// Whether the shard was asked to hand the slot over, and had it: the answer promised a beginning, no end.
  bool kept_of_an_offer(int member, int slot) const {
    return std::ranges::any_of(run_.commands, [&](const CommandRecord& command) {
      if (!command.answered || command.refused) return false;
      const auto offers = slot_offers(command.words);
      const bool offered =
          std::ranges::any_of(offers, [&](const SlotOffer& offer) { return holds(offer.slots, slot); });
      if (!offered) return false;
      const Membership before = intended_at(run_, command.time);
      return before.is_member(member) && holds(before.slots_of(before.shard_of(member)), slot);
    });
  }

  /// A replica may have moved to another shard by itself (row 19) before it was promoted there.
  bool followed_owner_of(int node, int slot) const {
    return std::ranges::any_of(views_[static_cast<std::size_t>(node)], [&](const View* view) {
      const TopologyNode* own = own_line(view);
      const int master = own == nullptr || own->is(kFlagMaster) ? -1 : run_.node_by_id(own->master_id);
      if (master < 0 || !intended_.is_member(master)) return false;
      const SlotRanges& meant = intended_.slots_of(intended_.shard_of(master));
      return std::ranges::any_of(meant, [&](const SlotRange& range) { return range.contains(slot); });
    });
  }

  /// A fault changed the membership of the node and did not come to say what was intended, or to its end.
  bool undeclared_change(int node) const {
    return std::ranges::any_of(run_.faults, [&](const FaultRecord& fault) {
      const bool changes = has_effect(fault, {EffectKind::kMembership}) && acts_on(run_, fault, node);
      const auto later = [&](const Intention& intention) { return intention.since >= fault.requested; };
      return changes && (!fault.error.empty() || std::ranges::none_of(run_.intended, later));
    });
  }

  const RunRecord& run_;
  const std::vector<std::vector<const View*>>& views_;
  const Membership intended_;
  CheckResult& result_;
  int members_ = 0;
  int in_place_ = 0;  // slots, at masters of the shard meant for them
  int excused_ = 0;   // slots, at others
  std::vector<std::string> remarks_;
};

}  // namespace

CheckResult check_membership(const Analysis& analysis, const CheckOptions&) {
  const RunRecord& run = analysis.run;
  CheckResult result;
  result.name = "membership";
  result.valid = Validity::kValid;
  result.operations = run.views.size();
  if (run.info.interrupted) {
    doubt(result, "The run was interrupted before the cluster could settle.");
    return result;
  }
  MembershipCheck membership(analysis, result);
  membership.check();
  conclude(result, membership.text());
  return result;
}

}  // namespace harness

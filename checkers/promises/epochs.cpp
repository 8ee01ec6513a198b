#include "checkers/promises/epochs.h"

#include <algorithm>
#include <map>

#include "checkers/promises/analysis.h"
#include "checkers/promises/effects.h"
#include "checkers/promises/evidence.h"
#include "harness/core/anomaly_kind.h"
#include "harness/core/cluster_command.h"

namespace harness {
namespace {

class Epochs {
 public:
  Epochs(const RunRecord& run, CheckResult& result)
      : run_(run), views_(views_by_node(run)), result_(result) {}

  void check() {
    for (std::size_t node = 0; node < views_.size(); ++node) check_durability(static_cast<int>(node));
    check_won();
    if (!run_.info.interrupted) check_end();
    figure(result_.measured, "current_epoch_max", static_cast<double>(greatest_));
    figure(result_.measured, "epochs_won", static_cast<double>(won_));
    figure(result_.measured, "unsaved_epochs", static_cast<double>(unsaved_));
  }

 private:
  void tell(AnomalyKind type, int node, Nanos time, std::string text) {
    accuse(run_, result_, type, node, time, std::move(text));
  }

  /// Row 12, look by look.
  void check_durability(int node) {
    const View* before = nullptr;
    const View* master_before = nullptr;
    for (const View* view : views_[static_cast<std::size_t>(node)]) {
      const TopologyNode* own = own_line(view);
      if (own == nullptr) continue;
      greatest_ = std::max(greatest_, view->cluster.current_epoch);
      // What its disk lost between the two looks it cannot know: it starts again from what is there.
      if (before != nullptr && damaged_between(run_, node, before->end, view->begin))
        master_before = before = nullptr;
      if (before != nullptr && before->topology.myself()->id == own->id) compare(node, *before, *view);
      // A replica shows its master's config epoch, so only a master's own count.
      if (own->is(kFlagMaster)) {
        if (master_before != nullptr && master_before->topology.myself()->id == own->id &&
            own->config_epoch < master_before->topology.myself()->config_epoch)
          tell("config-epoch-went-back", node, view->begin,
               node_name(run_, node) + "'s config epoch went back from " +
                   std::to_string(master_before->topology.myself()->config_epoch) + " (seen at " +
                   at(master_before->end) + ") to " + std::to_string(own->config_epoch) + " at " +
                   at(view->begin));
        master_before = view;
      }
      if (before != nullptr && before->replication.run_id == view->replication.run_id)
        check_imported(node, before->topology, *view);
      before = view;
    }
  }

  /// Row 13: whoever imports a slot takes it with a greater config epoch than its owner had; else the others
  /// may go on believing the old owner.
  void check_imported(int node, const Topology& before, const View& view) {
    const TopologyNode* own = view.topology.myself();
    if (own == nullptr || before.myself() == nullptr || !own->is(kFlagMaster)) return;
    std::vector<int> imported = before.myself()->importing;
    if (before.myself()->is(kFlagMaster) && handed_over_at_once(view.begin))
      for (const SlotRange& range : own->slots)
        for (int slot = range.first; slot <= range.last; ++slot) imported.push_back(slot);
    for (const int slot : imported) {
      const TopologyNode* owner = before.owner_of(slot);
      const bool taken = owner != nullptr && owner->id != own->id && view.topology.owner_of(slot) == own;
      if (!taken || own->config_epoch > owner->config_epoch) continue;
      return tell("imported-without-epoch", node, view.begin,
                  node_name(run_, node) + " took slot " + std::to_string(slot) + " over, seen at " +
                      at(view.begin) + ", and stayed at config epoch " + std::to_string(own->config_epoch) +
                      ", no greater than that of its owner " + node_name(run_, run_.node_by_id(owner->id)) +
                      ", " + std::to_string(owner->config_epoch));
    }
  }

  /// Whether servers were told before to hand slots over by themselves, and nobody gave any by hand, which
  /// needs no epoch: of these moves the owners' looks do not tell that they go on.
  bool handed_over_at_once(Nanos time) const {
    const auto told = [&](std::string_view subcommand) {
      return std::ranges::any_of(run_.commands, [&](const CommandRecord& command) {
        return command.time < time && is_cluster_command(command, subcommand) && !command.refused;
      });
    };
    return (told("MIGRATESLOTS") || told("MIGRATION")) && !told("SETSLOT") && !told("ADDSLOTS") &&
           !told("ADDSLOTSRANGE");
  }

  void compare(int node, const View& before, const View& view) {
    const std::uint64_t was = before.cluster.current_epoch;
    const std::uint64_t now = view.cluster.current_epoch;
    if (now >= was) return;
    const bool restarted = before.replication.run_id != view.replication.run_id ||
                           life_at(run_, node, before.end) != life_at(run_, node, view.begin);
    const std::string text = node_name(run_, node) + "'s current epoch went back from " +
                             std::to_string(was) + " (seen at " + at(before.end) + ") to " +
                             std::to_string(now) + " at " + at(view.begin);
    if (!restarted) return tell("current-epoch-went-back", node, view.begin, text);
    // Saved on disk is what the node voted for and every config epoch it knew: the server saves those before
    // it answers. A current epoch that it merely heard of is saved with the next of them.
    std::uint64_t saved = voted_before(node, view.begin);
    for (const TopologyNode& line : before.topology.nodes) saved = std::max(saved, line.config_epoch);
    if (now < saved)
      tell("current-epoch-went-back", node, view.begin,
           text + " across a restart, although it had voted in, or knew the owner of, epoch " +
               std::to_string(saved));
    else
      ++unsaved_;
  }

  std::uint64_t voted_before(int node, Nanos time) const {
    long long greatest = 0;
    for (const LogLine& line : run_.logs)
      if (line.node == node && line.time < time &&
          line.text.find("Failover auth granted to") != std::string::npos)
        greatest = std::max(greatest, number_after(line.text, "for epoch "));
    return static_cast<std::uint64_t>(greatest);
  }

  /// Row 11: epochs won by failover, as the winners log them.
  void check_won() {
    struct Win {
      int node;
      Nanos time;
    };
    std::map<long long, Win> wins;
    for (const LogLine& line : run_.logs) {
      if (line.text.find("after successful failover") == std::string::npos) continue;
      const long long epoch = number_after(line.text, "onfigEpoch set to ");
      if (epoch < 0) continue;
      ++won_;
      const auto [place, first] = wins.try_emplace(epoch, Win{line.node, line.time});
      if (!first)
        tell("epoch-won-twice", line.node, line.time,
             node_name(run_, line.node) + " won epoch " + std::to_string(epoch) + " at " + at(line.time) +
                 ", which " + node_name(run_, place->second.node) + " had won at " + at(place->second.time));
    }
  }

  void check_end() {
    std::map<std::uint64_t, int> owner;
    for (std::size_t node = 0; node < views_.size(); ++node) {
      if (!runs_at_end(run_, static_cast<int>(node))) continue;
      const TopologyNode* own = own_line(last_view(views_[node]));
      if (own == nullptr || !own->is(kFlagMaster) || own->slots.empty()) continue;
      const auto [place, first] = owner.try_emplace(own->config_epoch, static_cast<int>(node));
      if (!first)
        tell("shared-config-epoch", static_cast<int>(node), judged_at(run_),
             "in the end " + node_name(run_, place->second) + " and " +
                 node_name(run_, static_cast<int>(node)) + " both serve slots with config epoch " +
                 std::to_string(own->config_epoch));
    }
  }

  const RunRecord& run_;
  std::vector<std::vector<const View*>> views_;
  CheckResult& result_;
  std::uint64_t greatest_ = 0;
  std::size_t won_ = 0;
  std::size_t unsaved_ = 0;
};

}  // namespace

CheckResult check_epochs(const Analysis& analysis, const CheckOptions&) {
  const RunRecord& run = analysis.run;
  CheckResult result;
  result.name = "epochs";
  result.valid = Validity::kValid;
  result.operations = run.views.size();
  if (std::none_of(run.views.begin(), run.views.end(),
                   [](const View& view) { return own_line(&view) != nullptr; })) {
    doubt(result, "No view of the cluster was recorded.");
    return result;
  }
  Epochs(run, result).check();
  conclude(result, "No epoch went back, and all masters' config epochs differ in the end.");
  if (run.info.interrupted) doubt(result, "The run was interrupted before the cluster could settle.");
  return result;
}

}  // namespace harness

#include "checkers/forgotten_members.h"

#include <algorithm>

#include "checkers/excusing.h"
#include "checkers/promises/evidence.h"
#include "checkers/promises/intention.h"
#include "checkers/starvation.h"
#include "harness/core/anomaly_kind.h"
#include "harness/core/cluster_command.h"

namespace harness {
namespace {

/// Source: CLUSTER FORGET's page: "the specified node is added in the ban-list ... for 60 seconds".
constexpr Nanos kBan = 60 * kSecond;

bool is_accepted(const CommandRecord& command, std::string_view subcommand) {
  return command.node >= 0 && command.answered && !command.refused && command.words.size() >= 3 &&
         is_cluster_command(command, subcommand);
}

/// Whether somebody made the node and the others meet again once the ban was over.
bool is_met_again(const RunRecord& run, int node, Nanos banned) {
  const NodeInfo& info = run.nodes[static_cast<std::size_t>(node)];
  return std::ranges::any_of(run.commands, [&](const CommandRecord& command) {
    return is_accepted(command, "MEET") && command.time >= banned + kBan &&
           (command.node == node || (command.words.size() > 3 && command.words[2] == info.ip &&
                                     command.words[3] == std::to_string(info.port)));
  });
}

/// As the node itself showed it last before the time.
bool was_master_with_slots(const std::vector<const View*>& views, Nanos time) {
  bool had = false;
  for (const View* view : views)
    if (const TopologyNode* own = view->begin < time ? own_line(view) : nullptr)
      had = own->is(kFlagMaster) && !own->slots.empty();
  return had;
}

}  // namespace

ForgottenMembers::ForgottenMembers(const Analysis& analysis) : analysis_(analysis) {
  const RunRecord& run = analysis.run;
  const Membership intended = intended_in_the_end(run);
  for (const CommandRecord& command : run.commands) {
    if (!is_accepted(command, "FORGET")) continue;
    const int node = run.node_by_id(command.words[2]);
    if (node < 0 || node == command.node || !intended.is_member(node)) continue;
    if (is_met_again(run, node, command.replied)) continue;
    const auto& views = analysis.views[static_cast<std::size_t>(node)];
    bans_.push_back({node, command.node, command.time, was_master_with_slots(views, command.time)});
  }
}

/// Whether everybody whom the viewer's last look lacks was to be forgotten.
bool ForgottenMembers::misses_no_other(int viewer) const {
  const RunRecord& run = analysis_.run;
  const View* view = viewer < 0 ? nullptr : last_view(analysis_.views[static_cast<std::size_t>(viewer)]);
  if (view == nullptr || !view->reachable) return false;
  return std::ranges::all_of(intended_in_the_end(run).members(), [&](int member) {
    return view->topology.find(run.nodes[static_cast<std::size_t>(member)].id) != nullptr ||
           std::ranges::find(bans_, member, &Ban::node) != bans_.end();
  });
}

bool ForgottenMembers::explains(const Ban& ban, const Anomaly& anomaly) const {
  constexpr AnomalyKind kNotListed[] = {"member-missing", "unknown-node"};
  if (anomaly.time < ban.since) return false;
  const int viewer = analysis_.run.node_by_name(anomaly.node);
  if (std::ranges::find(kNotListed, anomaly.type, &AnomalyKind::name) != std::end(kNotListed))
    return viewer == ban.node || misses_no_other(viewer);
  return rests_on_time(anomaly.type) && (ban.had_slots || viewer == ban.node);
}

void ForgottenMembers::excuse(CheckResult& result) const {
  if (bans_.empty()) return;
  const RunRecord& run = analysis_.run;
  excuse_violations(result, [&](const Anomaly& anomaly) -> std::string {
    const auto ban = std::ranges::find_if(bans_, [&](const Ban& each) { return explains(each, anomaly); });
    if (ban == bans_.end()) return {};
    return "the plan told " + node_name(run, ban->teller) + " at " + at(ban->since) + " to forget " +
           node_name(run, ban->node) +
           ": its id is banned for a minute, newer nodes tell each other of it, and who lists it then is not "
           "promised";
  });
}

}  // namespace harness

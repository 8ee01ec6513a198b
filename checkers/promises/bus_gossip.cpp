#include "checkers/promises/bus_gossip.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "checkers/promises/bus_votes.h"
#include "checkers/promises/evidence.h"
#include "checkers/promises/quiet.h"

namespace harness {
namespace {

/// A suspicion may come and go between two looks: so often, in as many stretches of this length, it does not.
constexpr std::size_t kTimes = 5;
constexpr Nanos kStretch = 300 * kMillisecond;

bool doubts(const TopologyNode& node) {
  return node.is(kFlagPfail) || node.is(kFlagFail);
}

/// Whether the sender's look lists the node, and as well.
bool lists_as_well(const View* view, const std::string& id) {
  const TopologyNode* line = view == nullptr || !view->reachable ? nullptr : view->topology.find(id);
  return line != nullptr && !doubts(*line);
}

/// And so at its looks before and after the message.
bool lists_as_well(const Analysis& analysis, int sender, const std::string& id, Nanos time) {
  const std::vector<const View*>& views = analysis.views[static_cast<std::size_t>(sender)];
  const View* before = view_at(views, time);
  if (!lists_as_well(before, id)) return false;
  if (before->end >= time) return true;  // one stretch of looks that are alike
  const auto after =
      std::ranges::partition_point(views, [&](const View* view) { return view->begin < time; });
  return after != views.end() && (*after)->begin - before->end < kSecond && lists_as_well(*after, id);
}

bool is_gossip(BusType type) {
  return type == BusType::kPing || type == BusType::kPong;
}

}  // namespace

void check_bus_gossip(const Analysis& analysis, CheckResult& result) {
  const RunRecord& run = analysis.run;
  if (!bus_was_read(run)) return;
  const Quiet quiet(analysis);
  std::map<std::pair<int, int>, std::set<Nanos>> untrue;  // sender and node: when, in stretches
  for (const BusSighting& seen : run.bus.messages) {
    const int sender = is_gossip(seen.message.type) ? run.node_by_id(seen.message.sender) : -1;
    if (sender < 0) continue;
    for (const BusGossip& gossip : seen.message.gossip) {
      const int about = run.node_by_id(gossip.node);
      if (about < 0 || about == sender || (gossip.flags & (bus_flag::kPfail | bus_flag::kFail)) == 0)
        continue;
      if (!quiet.holds(seen.time - kSecond, seen.time) ||
          !lists_as_well(analysis, sender, gossip.node, seen.time))
        continue;
      std::set<Nanos>& times = untrue[{sender, about}];
      times.insert(seen.time / kStretch);
      if (times.size() != kTimes) continue;
      accuse(run, result, "gossiped-otherwise", sender, seen.time,
             node_name(run, sender) + " tells the others that " + node_name(run, about) + " fails, " +
                 std::to_string(kTimes) + " times until " + at(seen.time) +
                 ", and lists it as well itself at the looks before and after");
    }
  }
}

}  // namespace harness

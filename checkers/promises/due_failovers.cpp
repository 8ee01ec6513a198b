#include "checkers/promises/due_failovers.h"

#include <algorithm>
#include <iterator>

#include "checkers/promises/aftermath.h"
#include "checkers/promises/analysis.h"
#include "checkers/promises/effects.h"
#include "checkers/promises/evidence.h"
#include "checkers/promises/node_settings.h"

namespace harness {
namespace {

/// A replica with this setting never takes over by itself; the second is its old name.
constexpr std::string_view kNoFailover[] = {"cluster-replica-no-failover", "cluster-slave-no-failover"};

}  // namespace

bool isolates(const RunRecord& run, const FaultRecord& fault, int node, const std::vector<int>& masters,
              const std::vector<int>& replicas) {
  const auto hears = [&](int a, int b) { return !drops(run, fault, a, b) && !drops(run, fault, b, a); };
  std::vector<int> others;
  std::ranges::copy_if(masters, std::back_inserter(others),
                       [&](int master) { return separates(run, fault, node, master); });
  const auto voters = [&](int replica) {
    return std::ranges::count_if(others, [&](int master) { return hears(replica, master); });
  };
  const bool whole = std::ranges::all_of(
      others, [&](int a) { return std::ranges::all_of(others, [&](int b) { return hears(a, b); }); });
  return whole && std::ranges::any_of(replicas, [&](int replica) {
           return separates(run, fault, node, replica) &&
                  voters(replica) >= static_cast<std::ptrdiff_t>(masters.size() / 2 + 1);
         });
}

std::vector<int> replicas_at(const RunRecord& run, const std::vector<std::vector<const View*>>& views,
                             int node, Nanos time) {
  std::vector<int> replicas;
  for (std::size_t other = 0; other < views.size(); ++other) {
    const View* view = view_at(views[other], time);
    const TopologyNode* own = own_line(view);
    if (own != nullptr && view->replication.link_up &&
        own->master_id == run.nodes[static_cast<std::size_t>(node)].id)
      replicas.push_back(static_cast<int>(other));
  }
  return replicas;
}

namespace {

/// Nodes whose processes ended so long before the fault that whoever could take over has, and that stay away:
/// they have no vote, and no part in what follows.
std::vector<int> gone_before(const Analysis& analysis, const FaultRecord& fault, Nanos until) {
  const RunRecord& run = analysis.run;
  const Bounds bounds = analysis.timed_bounds.between(0, fault.requested);
  const Nanos settling = bounds.recovery_derived + bounds.lost_election + bounds.rank_delay +
                         convergence_bound(bounds, analysis.stall);
  std::vector<int> gone;
  for (const FaultRecord& other : run.faults) {
    const bool ended_only = std::ranges::all_of(
        other.effects, [](const Effect& effect) { return effect.kind == EffectKind::kDown; });
    if (!ended_only || !other.verified_active() || other.active + settling > fault.requested) continue;
    for (const int node : other.nodes)
      if (over_at(run, other, node) >= until) gone.push_back(node);
  }
  return gone;
}

/// Of a fault on nodes: whether it leaves a majority of the masters alone, of which those that are gone are
/// none.
bool leaves_majority(const RunRecord& run, const FaultRecord& fault, const std::vector<int>& masters,
                     const std::vector<int>& gone) {
  const auto left = std::ranges::count_if(masters, [&](int node) {
    return !acts_on(run, fault, node) && std::ranges::find(gone, node) == gone.end();
  });
  return static_cast<std::size_t>(left) > masters.size() / 2;
}

/// Other faults meanwhile, on anybody, make it uncertain that a replica and a majority were there; so does a
/// node that is just back from one, and may not vote yet (row 6). Nodes that are gone for good do not.
bool is_alone(const Analysis& analysis, const FaultRecord& fault, Nanos until, const std::vector<int>& gone) {
  const RunRecord& run = analysis.run;
  const Nanos settling = 2 * kSecond + analysis.stall;
  return std::ranges::none_of(run.faults, [&](const FaultRecord& other) {
    const bool only_the_gone = !other.nodes.empty() && std::ranges::all_of(other.nodes, [&](int node) {
      return std::ranges::find(gone, node) != gone.end();
    });
    return &other != &fault && silences(other) && !only_the_gone && other.requested < until &&
           over_for_all(run, other) >= fault.requested - settling;
  });
}

/// Whether something has kept the replica from hearing its master already: it may have been without its data
/// for longer than the validity factor allows, though its link is still up by its own word (row 15).
bool cut_off_before(const RunRecord& run, const FaultRecord& fault, int node, int replica) {
  const std::string& from = run.nodes[static_cast<std::size_t>(node)].name;
  const std::string& to = run.nodes[static_cast<std::size_t>(replica)].name;
  const auto parts = [&](const Effect& effect) {  // on whichever port: the stream comes by the clients'
    return effect.kind == EffectKind::kCut && std::ranges::any_of(effect.links, [&](const HostLink& link) {
             return link == HostLink{from, to} || link == HostLink{to, from};
           });
  };
  return std::ranges::any_of(run.faults, [&](const FaultRecord& other) {
    return &other != &fault && other.requested <= fault.requested &&
           (other.healed == kNever || other.healed >= fault.requested) &&
           std::ranges::any_of(other.effects, parts);
  });
}

/// What lost elections and ranks may add. Without the replicas' logs, one lost election is granted.
Nanos delays(const RunRecord& run, const Bounds& bounds, const std::vector<int>& replicas, Nanos from,
             Nanos until) {
  Nanos elections = 0;
  bool logged = false;
  for (const LogLine& line : run.logs) {
    if (std::find(replicas.begin(), replicas.end(), line.node) == replicas.end()) continue;
    logged = true;
    if (line.time < from || until < line.time) continue;
    if (line.text.find("Starting a failover election") != std::string::npos) ++elections;
    if (line.text.find("Failover election won") != std::string::npos) --elections;
  }
  const auto ranks = static_cast<Nanos>(replicas.size()) - 1;
  return (logged ? std::max<Nanos>(0, elections) : 1) * bounds.lost_election +
         std::max<Nanos>(0, ranks) * bounds.rank_delay;
}

/// Replicas of the node that the fault leaves able to take over; empty: none, or no majority is left to vote.
std::vector<int> heirs_left(const Analysis& analysis, const FaultRecord& fault, int node,
                            const std::vector<int>& masters, const std::vector<int>& gone) {
  const RunRecord& run = analysis.run;
  std::vector<int> replicas = replicas_at(run, analysis.views, node, fault.requested);
  std::erase_if(replicas, [&](int replica) {
    return cut_off_before(run, fault, node, replica) || may_be_on(run, replica, kNoFailover);
  });
  if (cuts(fault)) {
    if (!gone.empty() || !isolates(run, fault, node, masters, replicas)) return {};
    return replicas;
  }
  if (!leaves_majority(run, fault, masters, gone)) return {};
  std::erase_if(replicas, [&](int replica) { return acts_on(run, fault, replica); });
  return replicas;
}

}  // namespace

std::vector<DueFailover> due_failovers(const Analysis& analysis) {
  const RunRecord& run = analysis.run;
  const Nanos stall = analysis.stall;
  std::vector<DueFailover> due;
  for (const FaultRecord& fault : run.faults) {
    if (!fault.verified_active() || !silences(fault) || degrades(fault)) continue;
    const std::vector<int> masters = masters_at(analysis.views, fault.requested);
    for (const int node : masters) {
      if (!acts_on(run, fault, node)) continue;
      const Nanos until =
          std::min({fault.heal_requested, over_at(run, fault, node), run.info.end, judged_at(run)});
      const std::vector<int> gone = gone_before(analysis, fault, until);
      const std::vector<int> heirs = heirs_left(analysis, fault, node, masters, gone);
      if (heirs.empty() || !is_alone(analysis, fault, until, gone)) continue;
      const Bounds bounds = analysis.timed_bounds.between(fault.requested, until);
      const Nanos bound =
          bounds.recovery_derived + bounds.grace + stall + delays(run, bounds, heirs, fault.requested, until);
      if (until - fault.active > bound) due.push_back({&fault, node, fault.active, until, bound});
    }
  }
  return due;
}

}  // namespace harness

#include "checkers/promises/reached.h"

#include <algorithm>
#include <map>
#include <set>

#include "checkers/promises/evidence.h"

namespace harness {
namespace {

enum class Reached { kYes, kNo, kCannotTell };

// What happened before time 0 belongs to the formation of the cluster.
bool logged(const RunRecord& run, std::string_view text) {
  return std::ranges::any_of(run.logs, [&](const LogLine& line) {
    return line.time >= 0 && line.text.find(text) != std::string::npos;
  });
}

Reached by(bool evidence_at_hand, bool seen) {
  if (seen) return Reached::kYes;
  return evidence_at_hand ? Reached::kNo : Reached::kCannotTell;
}

Reached failover(const Analysis& analysis) {
  return by(!analysis.run.views.empty(), !analysis.failovers.empty());
}

/// Texts of redis's and Valkey's replication.c and of the bundled node, the master's and the replica's.
Reached full_sync(const Analysis& analysis) {
  const RunRecord& run = analysis.run;
  return by(!run.logs.empty(), logged(run, "Full resync requested by") || logged(run, "Full resync from "));
}

/// A redirection that clients followed is counted; one that ended an operation is its error.
Reached redirected(const RunRecord& run, std::uint64_t counted, std::string_view error) {
  const bool ended_by_it = std::ranges::any_of(
      run.history.operations, [&](const Operation& op) { return run.history.error_text(op) == error; });
  return by(run.counters.recorded_events > 0, counted > 0 || ended_by_it);
}

Reached ask(const Analysis& analysis) {
  return redirected(analysis.run, analysis.run.counters.asked, "ask");
}
Reached stale_client(const Analysis& analysis) {
  return redirected(analysis.run, analysis.run.counters.moved, "moved");
}

/// An election that its process never won: it began another one, or won none to the end of its log.
Reached lost_election(const Analysis& analysis) {
  const RunRecord& run = analysis.run;
  std::set<std::pair<int, int>> running;  // node and process
  bool lost = false;
  for (const LogLine& line : run.logs) {
    const std::pair<int, int> process{line.node, line.pid};
    if (line.text.find("Starting a failover election for epoch ") != std::string::npos)
      lost = !running.insert(process).second || lost;
    else if (line.text.find("Failover election won") != std::string::npos)
      running.erase(process);
  }
  return by(!run.logs.empty(), lost || !running.empty());
}

bool shows_collision(const View& view) {
  std::set<std::uint64_t> epochs;
  return view.end >= 0 && std::ranges::any_of(view.topology.nodes, [&](const TopologyNode& node) {
           return node.is(kFlagMaster) && !node.slots.empty() && !epochs.insert(node.config_epoch).second;
         });
}

Reached epoch_collision(const Analysis& analysis) {
  const RunRecord& run = analysis.run;
  return by(!run.views.empty() && !run.logs.empty(),
            logged(run, "configEpoch collision") || std::ranges::any_of(run.views, shows_collision));
}

bool some_view(const RunRecord& run, bool (*shows)(const View&)) {
  return std::ranges::any_of(run.views, [&](const View& view) { return view.end >= 0 && shows(view); });
}

/// Some node had the cluster as down.
Reached cluster_down(const Analysis& analysis) {
  const auto down = [](const View& view) {
    return view.end >= 0 && view.reachable && !view.cluster.state_ok;
  };
  return by(!analysis.run.views.empty(), std::ranges::any_of(analysis.run.views, down));
}

/// A slot was being migrated: its source or its target said so.
Reached open_slot(const Analysis& analysis) {
  const auto open = [](const View& view) {
    return std::ranges::any_of(view.topology.nodes, [](const TopologyNode& node) {
      return !node.migrating.empty() || !node.importing.empty();
    });
  };
  return by(!analysis.run.views.empty(), some_view(analysis.run, open));
}

/// Some node had another as failing, or failed.
Reached node_failing(const Analysis& analysis) {
  const auto failing = [](const View& view) {
    return std::ranges::any_of(view.topology.nodes, [](const TopologyNode& node) {
      return node.is(kFlagFail) || node.is(kFlagPfail);
    });
  };
  return by(!analysis.run.views.empty(), some_view(analysis.run, failing));
}

struct State {
  std::string_view name;  // as harness/scenario lists them
  Reached (*reached)(const Analysis&);
};
constexpr State kStates[] = {
    {"failover", failover},           {"full-sync", full_sync},       {"ask", ask},
    {"lost-election", lost_election}, {"stale-client", stale_client}, {"epoch-collision", epoch_collision},
    {"cluster-down", cluster_down},   {"open-slot", open_slot},       {"node-failing", node_failing}};

}  // namespace

std::string why_not_reached(const Analysis& analysis, std::string_view state) {
  const auto* known = std::ranges::find(kStates, state, &State::name);
  const std::string name(state);
  if (known == std::end(kStates)) return "Nothing here can tell whether the state " + name + " was reached.";
  switch (known->reached(analysis)) {
    case Reached::kYes:
      return {};
    case Reached::kNo:
      return "The state " + name + ", which the plan insists on, was not reached.";
    case Reached::kCannotTell:
      break;
  }
  return "The record cannot tell whether the state " + name + ", which the plan insists on, was reached.";
}

std::vector<ReachedState> reached_states(const Analysis& analysis) {
  std::vector<ReachedState> states;
  for (const State& state : kStates) {
    const Reached reached = state.reached(analysis);
    const bool told = reached != Reached::kCannotTell;
    states.push_back({state.name, told ? std::optional(reached == Reached::kYes) : std::nullopt});
  }
  return states;
}

}  // namespace harness

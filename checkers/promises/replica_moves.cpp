#include "checkers/promises/replica_moves.h"

#include <algorithm>
#include <string>

#include "checkers/promises/effects.h"
#include "checkers/promises/evidence.h"

namespace harness {
namespace {

constexpr Nanos kOrphaned = 5 * kSecond;  // CLUSTER_SLAVE_MIGRATION_DELAY
constexpr Nanos kMoveGrain = 500 * kMillisecond;

std::ptrdiff_t working_replicas(const View& view, const std::string& master) {
  return std::ranges::count_if(view.topology.nodes, [&](const TopologyNode& node) {
    return node.is(kFlagReplica) && node.master_id == master && !node.is(kFlagPfail) && !node.is(kFlagFail);
  });
}

std::string target_of(std::string_view text) {
  for (const std::string_view words : {"Migrating to orphaned master ", "Migrating to orphaned primary "})
    if (text.starts_with(words)) return std::string(id_after(text, words));
  return {};
}

bool has_replicas(const View& view) {
  return std::ranges::any_of(view.topology.nodes,
                             [](const TopologyNode& node) { return node.is(kFlagReplica); });
}

/// Whether the master serves slots by that look, and has not even a replica that failed.
bool serves_alone(const View& view, const std::string& master) {
  const TopologyNode* line = view.topology.find(master);
  return line != nullptr && line->is(kFlagMaster) && !line->slots.empty() &&
         std::ranges::none_of(view.topology.nodes,
                              [&](const TopologyNode& node) { return node.master_id == master; });
}

class Moves {
 public:
  Moves(const Analysis& analysis, CheckResult& result)
      : analysis_(analysis), run_(analysis.run), result_(result) {}

  void check(const LogLine& line, const std::string& target) {
    const auto& views = analysis_.views[static_cast<std::size_t>(line.node)];
    const View* last_with = nullptr;  // the last look at which the target had a working replica
    bool without = false;             // whether an earlier look showed it without any
    bool again = false;               // and a later one with one again
    bool looked = false;
    bool spare = false;  // whether some look just before had its own master with replicas to spare
    for (const View* view : views) {
      if (view->begin > line.time) break;
      if (!view->reachable || own_line(view) == nullptr) continue;
      if (working_replicas(*view, target) > 0) {
        last_with = view;
        again = without;
      } else {
        without = true;
      }
      if (view->end < line.time - kSecond) continue;
      looked = true;
      spare |= working_replicas(*view, own_line(view)->master_id) > run_.info.config.migration_barrier;
    }
    const std::string what = node_name(run_, line.node) + " gave itself at " + at(line.time) + " to " +
                             node_name(run_, run_.node_by_id(target));
    // A node counts from the first time that it saw the target without a replica. It forgets that time only
    // when it looks for a new place for itself (clusterHandleSlaveMigration), so that it may still have an
    // old one.
    if (last_with != nullptr && !again) check_time(line, what, std::min(last_with->end, line.time));
    if (last_with == nullptr && never_counted(views, target, line.time))
      accuse(run_, result_, "migrated-to-unorphaned", line.node, line.time,
             what +
                 ", which had its slots when no master had replicas, and never had one since: it is not "
                 "meant to have any");
    if (looked && !spare)
      accuse(run_, result_, "migrated-below-barrier", line.node, line.time,
             what + ", although its own master had no more than cluster-migration-barrier (" +
                 std::to_string(run_.info.config.migration_barrier) + ") working replicas by its own looks");
  }

 private:
  /// A master counts once it had a replica, or took its first slot while another one had any
  /// (clusterNodeSetSlotBit). Here it had its slots before anybody had replicas, by all looks of the process.
  static bool never_counted(const std::vector<const View*>& views, const std::string& target, Nanos time) {
    const View* last = view_at(views, time);
    if (last == nullptr) return false;
    bool had_slots = false;
    for (const View* view : views) {
      if (view->begin > time) break;
      if (!view->reachable || view->replication.run_id != last->replication.run_id) continue;
      if (!had_slots && has_replicas(*view)) return false;
      if (had_slots && !serves_alone(*view, target)) return false;
      had_slots = had_slots || serves_alone(*view, target);
    }
    return had_slots;
  }

  void check_time(const LogLine& line, const std::string& what, Nanos with) {
    if (line.time - with >= kOrphaned - kMoveGrain - analysis_.stall) return;
    accuse(run_, result_, "migrated-too-early", line.node, line.time,
           what + ", which by its own looks had a working replica " + in_milliseconds(line.time - with) +
               " before; a master must be without one for " + in_milliseconds(kOrphaned));
  }

  const Analysis& analysis_;
  const RunRecord& run_;
  CheckResult& result_;
};

}  // namespace

void check_replica_moves(const Analysis& analysis, CheckResult& result) {
  if (any_effect(analysis.run, {EffectKind::kConfig, EffectKind::kClock})) return;
  double moves = 0;
  for (const LogLine& line : analysis.run.logs) {
    const std::string target = target_of(line.text);
    if (target.empty() || analysis.run.node_by_id(target) < 0) continue;
    ++moves;
    Moves(analysis, result).check(line, target);
  }
  figure(result.measured, "replicas_migrated", moves);
}

}  // namespace harness

#include "checkers/promises/availability.h"

#include <algorithm>
#include <map>
#include <set>

#include "checkers/promises/aftermath.h"
#include "checkers/promises/analysis.h"
#include "checkers/promises/effects.h"
#include "checkers/promises/evidence.h"
#include "harness/core/anomaly_kind.h"
#include "harness/core/counted.h"

namespace harness {
namespace {

struct Stretch {
  Nanos from = 0;
  Nanos until = 0;
};

/// What one node's latest look says: of itself, and whom it gives each range to (-1: nobody, or one that it
/// has as failed).
struct Opinion {
  bool reachable = false;
  bool master = false;   // with slots, by its own view
  bool serving = false;  // and its state is ok
  std::vector<int> owner;
};

SlotRanges ranges_at_start(const RunRecord& run) {
  SlotRanges ranges;
  for (const NodeInfo& node : run.nodes) ranges.insert(ranges.end(), node.slots.begin(), node.slots.end());
  return ranges;
}

Opinion opinion_of(const RunRecord& run, const View& view, const SlotRanges& ranges) {
  Opinion opinion;
  const TopologyNode* own = own_line(&view);
  if (own == nullptr) return opinion;
  opinion.reachable = true;
  opinion.master = own->is(kFlagMaster) && !own->slots.empty();
  opinion.serving = opinion.master && view.cluster.state_ok;
  for (const SlotRange& range : ranges) {
    const TopologyNode* owner = view.topology.owner_of(range.first);
    opinion.owner.push_back(owner == nullptr || owner->is(kFlagFail) ? -1 : run.node_by_id(owner->id));
  }
  return opinion;
}

/// Whether a reachable master serves the range, and a majority of the reachable masters say that it does.
bool available(const std::vector<Opinion>& opinions, std::size_t range) {
  std::map<int, std::size_t> votes;
  std::size_t masters = 0;
  for (const Opinion& opinion : opinions) {
    if (!opinion.reachable || !opinion.master) continue;
    ++masters;
    if (opinion.owner[range] >= 0) ++votes[opinion.owner[range]];
  }
  return std::ranges::any_of(votes, [&](const auto& vote) {
    const Opinion& owner = opinions[static_cast<std::size_t>(vote.first)];
    return vote.second > masters / 2 && owner.serving && owner.owner[range] == vote.first;
  });
}

/// The outages of each range, between the first round of looks and the end of the judgement.
std::vector<std::vector<Stretch>> outages_of(const RunRecord& run, const SlotRanges& ranges) {
  const Nanos end = judged_at(run);
  std::vector<Opinion> opinions(run.nodes.size());
  std::vector<std::vector<Stretch>> outages(ranges.size());
  std::vector<bool> out(ranges.size(), false);
  std::set<int> seen;
  for (const View& view : run.views) {
    if (view.begin >= end) break;
    if (view.node < 0 || static_cast<std::size_t>(view.node) >= opinions.size()) continue;
    opinions[static_cast<std::size_t>(view.node)] = opinion_of(run, view, ranges);
    seen.insert(view.node);
    if (seen.size() < run.nodes.size()) continue;
    for (std::size_t range = 0; range < ranges.size(); ++range) {
      const bool now_out = !available(opinions, range);
      if (now_out && !out[range]) outages[range].push_back({view.begin, end});
      if (!now_out && out[range]) outages[range].back().until = view.begin;
      out[range] = now_out;
    }
  }
  return outages;
}

/// Whether nobody can be expected to serve well while it acts: it takes nodes away, or changes on purpose who
/// serves what, or whether.
bool disturbs(const FaultRecord& fault) {
  return silences(fault) || has_effect(fault, {EffectKind::kHandover, EffectKind::kMembership,
                                               EffectKind::kConfig, EffectKind::kClients, EffectKind::kData});
}

Nanos later(Nanos time, Nanos by) {
  return time == kNever ? kNever : time + by;
}

class ExcusedTimes {
 public:
  explicit ExcusedTimes(const Analysis& analysis) : run_(analysis.run) {
    const Bounds& bounds = analysis.bounds;
    agreement_ = convergence_bound(bounds, analysis.stall);
    promotion_ = bounds.recovery_derived + bounds.grace + analysis.stall;
    // What ends may still cost a lost election, or a master its quarantine (rows 1, 6 and 16).
    const Nanos after = promotion_ + bounds.lost_election + agreement_;
    for (const FaultRecord& fault : run_.faults) {
      const Nanos over = over_for_all(run_, fault);
      reasons_.push_back({fault.requested, later(over, after)});
      if (!disturbs(fault)) continue;
      if (is_half_way(fault)) {
        excused_.push_back({fault.requested, kNever});
        continue;
      }
      const Nanos due = due_bound(analysis, fault);
      if (due < 0) {
        excused_.push_back({fault.requested, later(over, after)});
        continue;
      }
      excused_.push_back({fault.requested, fault.active + due + agreement_});
      if (over == kNever) continue;
      const Nanos healing = fault.heal_requested == kNever ? over : std::min(over, fault.heal_requested);
      excused_.push_back({healing, over + after});
    }
    std::ranges::sort(excused_, {}, &Stretch::from);
    for (const CommandRecord& command : run_.commands)
      reasons_.push_back({command.time, later(command.replied, after)});
    for (const Incarnation& life : run_.incarnations)
      reasons_.push_back({life.ended, later(life.ended, after)});
  }

  /// How long an outage may last for which no fault was seen.
  Nanos unprovoked() const { return promotion_ + agreement_; }

  /// Whether a fault of any kind, a command of the plan or the end of a process may have led to the outage.
  bool provoked(const Stretch& outage) const {
    return std::ranges::any_of(reasons_, [&](const Stretch& reason) {
      return reason.from < outage.until && reason.until > outage.from;
    });
  }

  /// The longest part of the outage that nothing excuses.
  Stretch beyond(const Stretch& outage) const {
    Stretch longest;
    const auto offer = [&](Nanos from, Nanos until, bool provoked) {
      if (!provoked) from += unprovoked();
      if (until > from && until - from > longest.until - longest.from) longest = {from, until};
    };
    Nanos covered = outage.from;
    bool provoked = false;
    for (const Stretch& excuse : excused_) {
      if (excuse.from >= outage.until) break;
      if (excuse.until <= outage.from) continue;
      offer(covered, excuse.from, provoked);
      provoked = true;
      covered = std::max(covered, excuse.until);
    }
    offer(covered, outage.until, provoked);
    return longest;
  }

 private:
  /// The greatest bound of the failovers that the fault made due; -1: it made none, or it took a master whose
  /// slots nobody had to take over.
  static Nanos due_bound(const Analysis& analysis, const FaultRecord& fault) {
    Nanos bound = -1;
    for (const int node : masters_at(analysis.views, fault.requested)) {
      if (!acts_on(analysis.run, fault, node)) continue;
      const auto due = std::ranges::find_if(
          analysis.due, [&](const DueFailover& each) { return each.fault == &fault && each.node == node; });
      if (due == analysis.due.end()) return -1;
      bound = std::max(bound, due->bound);
    }
    return bound;
  }

  const RunRecord& run_;
  Nanos agreement_ = 0;
  Nanos promotion_ = 0;
  std::vector<Stretch> excused_;
  std::vector<Stretch> reasons_;
};

std::string without_owner(const SlotRange& range, const Stretch& outage) {
  return "slots " + slots_text({range}) +
         " had no owner that serves them and that a majority of the reachable masters accept for " +
         in_milliseconds(outage.until - outage.from) + ", from " + at(outage.from) + " to " +
         at(outage.until);
}

Anomaly unavailable(const Stretch& from, std::string text, bool allowed) {
  Anomaly anomaly;
  anomaly.type = AnomalyKind("slots-unavailable").text();
  anomaly.time = from.from;
  anomaly.allowed = allowed;
  anomaly.explanation = std::move(text);
  return anomaly;
}

class Judgement {
 public:
  Judgement(const Analysis& analysis, CheckResult& result)
      : excuses_(analysis),
        brief_(analysis.bounds.node_timeout + analysis.stall),
        judged_(analysis.run.info.config.require_full_coverage),
        result_(result) {}

  void take(const SlotRange& range, const Stretch& outage) {
    const Nanos length = outage.until - outage.from;
    ++outages_;
    longest_ = std::max(longest_, length);
    const bool provoked = excuses_.provoked(outage);
    if (!provoked) {
      ++unprovoked_;
      longest_unprovoked_ = std::max(longest_unprovoked_, length);
    }
    if (!judged_) return;
    const Stretch beyond = excuses_.beyond(outage);
    if (beyond.until > beyond.from)
      report(result_, unavailable(beyond, text_beyond(range, outage, beyond, provoked), false));
    else if (!provoked && length > brief_)
      tell_unprovoked(range, outage);
  }

  void conclude_with_figures() {
    figure(result_.measured, "unavailable_ms_max", to_ms(longest_));
    figure(result_.measured, "outages", static_cast<double>(outages_));
    figure(result_.measured, "outages_without_fault", static_cast<double>(unprovoked_));
    figure(result_.bound, "unavailable_ms_max", to_ms(excuses_.unprovoked()));
    if (without_reason_ > 0)
      doubt(result_,
            counted_noun(without_reason_, "outage of a slot range lasted", "outages of slot ranges lasted") +
                " longer than a node timeout, and no fault of the run is a reason; the first: " +
                first_without_reason_ + ".");
    const std::string outages =
        counted_noun(outages_, "outage") + " of slot ranges, at most " + in_milliseconds(longest_);
    conclude(result_, outages + within() + ".", judged_,
             outages + "; not judged, because the cluster need not cover all slots.");
  }

 private:
  static std::string text_beyond(const SlotRange& range, const Stretch& outage, const Stretch& beyond,
                                 bool provoked) {
    return without_owner(range, outage) + ": at " + at(beyond.from) +
           (provoked ? " every fault was over or replaced by its bound, and "
                     : " what a failover without a fault may take was over, and ") +
           in_milliseconds(beyond.until - beyond.from) + " more went by";
  }

  /// Shorter than a failover takes, and longer than a node that is well is away: nothing that the run did
  /// says whose doing it was.
  void tell_unprovoked(const SlotRange& range, const Stretch& outage) {
    std::string text = without_owner(range, outage);
    if (without_reason_++ == 0) first_without_reason_ = text;
    report(result_, unavailable(outage, std::move(text), true));
  }

  std::string within() const {
    if (outages_ == 0) return {};
    const std::string brief = " no longer than a node timeout, as far as this machine kept up";
    if (unprovoked_ == outages_) return ", without a fault, and each" + brief;
    if (unprovoked_ == 0) return ", each within the bounds of its faults";
    return ", each within the bounds of its faults, but for " + std::to_string(unprovoked_) +
           " without a fault, at most " + in_milliseconds(longest_unprovoked_) + ":" + brief;
  }

  const ExcusedTimes excuses_;
  const Nanos brief_;  // no longer: an answer that came late, a cron that waited
  const bool judged_;
  CheckResult& result_;
  Nanos longest_ = 0;
  Nanos longest_unprovoked_ = 0;
  std::size_t outages_ = 0;
  std::size_t unprovoked_ = 0;
  std::size_t without_reason_ = 0;
  std::string first_without_reason_;
};

}  // namespace

CheckResult check_availability(const Analysis& analysis, const CheckOptions&) {
  const RunRecord& run = analysis.run;
  CheckResult result;
  result.name = "availability";
  result.valid = Validity::kValid;
  result.operations = run.views.size();
  if (std::ranges::none_of(run.views, &View::reachable)) {
    doubt(result, "No view of the cluster was recorded.");
    return result;
  }
  const SlotRanges ranges = ranges_at_start(run);
  const auto outages = outages_of(run, ranges);
  Judgement judgement(analysis, result);
  for (std::size_t range = 0; range < ranges.size(); ++range)
    for (const Stretch& outage : outages[range]) judgement.take(ranges[range], outage);
  judgement.conclude_with_figures();
  return result;
}

}  // namespace harness

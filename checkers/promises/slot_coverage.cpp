#include "checkers/promises/slot_coverage.h"

#include <algorithm>
#include <map>
#include <set>

#include "checkers/promises/analysis.h"
#include "checkers/promises/effects.h"
#include "checkers/promises/evidence.h"
#include "checkers/promises/intention.h"
#include "checkers/promises/quiet.h"
#include "harness/core/anomaly_kind.h"
#include "harness/core/counted.h"
#include "harness/core/slot.h"

namespace harness {
namespace {

/// One node's claim to serve some slots, by its own view.
struct SlotClaim {
  int node = 0;
  Nanos from = 0;
  Nanos perhaps_from = 0;  // the look before, which did not see it: between the two it may have begun
  Nanos surely_until = 0;  // the last look that saw it
  Nanos until = 0;         // the next look that did not (then it may have ended earlier)
  SlotRanges slots;
  /// The node's own lines in the looks before and after, where it was the same master with the same config
  /// epoch; null where it was not.
  const TopologyNode* before = nullptr;
  const TopologyNode* after = nullptr;
};

const TopologyNode* same_master(const std::vector<const View*>& views, std::size_t at,
                                const TopologyNode& own) {
  const TopologyNode* line = at < views.size() ? own_line(views[at]) : nullptr;
  return line != nullptr && line->is(kFlagMaster) && line->config_epoch == own.config_epoch ? line : nullptr;
}

/// Slots that every claim and every view treats alike: the ranges between all boundaries ever seen.
SlotRanges segments_of(const RunRecord& run) {
  std::set<int> starts = {0};
  for (const View& view : run.views)
    for (const TopologyNode& node : view.topology.nodes)
      for (const SlotRange& range : node.slots) {
        starts.insert(range.first);
        if (range.last + 1 < kSlotCount) starts.insert(range.last + 1);
      }
  SlotRanges segments;
  for (auto start = starts.begin(); start != starts.end(); ++start) {
    const auto next = std::next(start);
    segments.push_back({*start, (next == starts.end() ? kSlotCount : *next) - 1});
  }
  return segments;
}

bool covers(const SlotRanges& ranges, const SlotRange& segment) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [&](const SlotRange& range) { return range.contains(segment.first); });
}

std::vector<SlotClaim> claims_of(const RunRecord& run, const std::vector<std::vector<const View*>>& views) {
  std::vector<SlotClaim> claims;
  for (std::size_t node = 0; node < views.size(); ++node)
    for (std::size_t i = 0; i < views[node].size(); ++i) {
      const View* view = views[node][i];
      const TopologyNode* own = own_line(view);
      if (own == nullptr || !own->is(kFlagMaster) || own->slots.empty() || !view->cluster.state_ok) continue;
      const bool last = i + 1 == views[node].size();
      Nanos until = last ? kNever : views[node][i + 1]->begin;
      // A process that ended takes its claim with it, seen or not.
      if (const int life = life_at(run, static_cast<int>(node), view->begin); life >= 0)
        until = std::min(until, std::max(view->end, run.incarnations[static_cast<std::size_t>(life)].ended));
      // Before the first look there is none: the index wraps beyond the end.
      const Nanos perhaps_from = i == 0 ? view->begin : views[node][i - 1]->end;
      claims.push_back({static_cast<int>(node), view->begin, perhaps_from, view->end, until, own->slots,
                        same_master(views[node], i - 1, *own), same_master(views[node], i + 1, *own)});
    }
  return claims;
}

struct Outage {
  Nanos from = 0;
  Nanos until = 0;
};

/// When nobody claimed the segment, between the first look and `end`. One who may have begun to serve it, by
/// its looks, when the one before stopped leaves no gap: slots move between two looks.
std::vector<Outage> outages_of(const std::vector<SlotClaim>& claims, const SlotRange& segment, Nanos begin,
                               Nanos end) {
  std::vector<const SlotClaim*> served;
  for (const SlotClaim& claim : claims)
    if (covers(claim.slots, segment)) served.push_back(&claim);
  std::ranges::sort(served, {}, &SlotClaim::from);
  std::vector<Outage> outages;
  Nanos covered_until = begin;
  for (const SlotClaim* claim : served) {
    if (claim->from >= end) break;
    if (claim->perhaps_from > covered_until) outages.push_back({covered_until, claim->from});
    covered_until = std::max(covered_until, claim->until);
  }
  if (covered_until < end) outages.push_back({covered_until, end});
  return outages;
}

/// About two looks of the observer: what is shorter is many slots on the move, each for itself, and is one
/// entry for all of them.
constexpr Nanos kBrief = 200 * kMillisecond;

/// Writes that were acknowledged within a time: at that moment the slot was served, whatever the looks show.
class AcknowledgedWrites {
 public:
  AcknowledgedWrites(const RunRecord& run, const Outage& within) {
    const History& history = run.history;
    for (const Operation& op : history.operations)
      if (op.outcome == Outcome::kOk && op.function != Function::kRead && op.key != kNoKey &&
          within.from <= op.completed && op.completed < within.until)
        writes_.emplace_back(op.completed, slot_of(history.keys.text(op.key)));
    std::ranges::sort(writes_);
  }

  /// The parts of the outage, longer than a brief one, in which none of the slots was written; all of it
  /// where there is no write.
  std::vector<Outage> without(const Outage& outage, const SlotRanges& slots) const {
    std::vector<Outage> parts;
    Nanos from = outage.from;
    auto write = std::ranges::lower_bound(writes_, std::pair(outage.from, 0));
    for (; write != writes_.end() && write->first < outage.until; ++write) {
      if (!covers(slots, {write->second, write->second})) continue;
      if (write->first - from > kBrief) parts.push_back({from, write->first});
      from = write->first;
    }
    if (from == outage.from || outage.until - from > kBrief) parts.push_back({from, outage.until});
    return parts;
  }

 private:
  std::vector<std::pair<Nanos, int>> writes_;  // when, and the slot
};

std::string slots_words(const SlotRanges& slots) {
  return (count_slots(slots) == 1 ? "slot " : "slots ") + slots_text(slots);
}

/// What the looks show. The owner may be alive: it may not have answered them, or have called the cluster
/// down.
std::string not_seen(const SlotRanges& slots, Nanos length, const Outage& outage) {
  return slots_words(slots) + (count_slots(slots) == 1 ? " was" : " were") + " not seen to be served for " +
         in_milliseconds(length) + ", from " + at(outage.from) + " to " + at(outage.until) +
         ": no node that owned " + (count_slots(slots) == 1 ? "it" : "them") +
         " answered with cluster_state:ok";
}

void tell_outage(const Outage& outage, std::string explanation, CheckResult& result) {
  Anomaly anomaly;
  anomaly.type = AnomalyKind("slots-uncovered").text();
  anomaly.time = outage.from;
  anomaly.allowed = true;
  anomaly.explanation = std::move(explanation);
  report(result, std::move(anomaly));
}

class BriefOutages {
 public:
  void add(const Outage& outage, const SlotRanges& slots) {
    if (times_++ == 0) {
      all_ = outage;
      first_ = slots;
    }
    slots_ += static_cast<std::size_t>(count_slots(slots));
    all_.until = std::max(all_.until, outage.until);
    longest_ = std::max(longest_, outage.until - outage.from);
  }

  void tell(CheckResult& result) const {
    if (times_ == 0) return;
    const std::string when = ", from " + at(all_.from) + " to " + at(all_.until);
    if (times_ == 1) return tell_outage(all_, not_seen(first_, longest_, all_), result);
    tell_outage(all_,
                counted_noun(slots_, "slot was", "slots were") + " not seen to be served in " +
                    counted_noun(times_, "short stretch", "short stretches") + ", each for at most " +
                    in_milliseconds(longest_) + when + ": less than " + in_milliseconds(kBrief) +
                    " each, as between two steps of a slot's move; the first: " + slots_words(first_),
                result);
  }

 private:
  std::size_t times_ = 0;
  std::size_t slots_ = 0;
  SlotRanges first_;
  Outage all_;
  Nanos longest_ = 0;
};

void check_outages(const RunRecord& run, const std::vector<SlotClaim>& claims, const SlotRanges& segments,
                   CheckResult& result) {
  // All looks of the first round must be in before a missing claim means anything.
  Nanos begin = 0;
  std::set<int> seen;
  for (const View& view : run.views)
    if (seen.insert(view.node).second) begin = std::max(begin, view.begin);
  const Nanos end = judged_at(run);
  std::map<std::pair<Nanos, Nanos>, SlotRanges> outages;
  for (const SlotRange& segment : segments)
    for (const Outage& outage : outages_of(claims, segment, begin, end)) {
      // Slots that nobody was meant to serve are not missing.
      if (!is_assigned(intended_at(run, outage.from), segment.first)) continue;
      SlotRanges& slots = outages[{outage.from, outage.until}];
      if (!slots.empty() && slots.back().last + 1 == segment.first)
        slots.back().last = segment.last;
      else
        slots.push_back(segment);
    }
  Nanos longest = 0;
  int widest = 0;
  BriefOutages brief;
  Outage all{kNever, 0};
  for (const auto& [when, slots] : outages)
    all = {std::min(all.from, when.first), std::max(all.until, when.second)};
  const AcknowledgedWrites writes(run, all);
  std::size_t parts = 0;
  const auto take = [&](const Outage& outage, const SlotRanges& slots) {
    ++parts;
    longest = std::max(longest, outage.until - outage.from);
    widest = std::max(widest, count_slots(slots));
    if (outage.until - outage.from <= kBrief)
      brief.add(outage, slots);
    else
      tell_outage(outage, not_seen(slots, outage.until - outage.from, outage), result);
  };
  for (const auto& [when, slots] : outages)
    for (const Outage& part : writes.without({when.first, when.second}, slots)) take(part, slots);
  brief.tell(result);
  figure(result.measured, "uncovered_ms_max", to_ms(longest));
  figure(result.measured, "uncovered_slots_max", widest);
  figure(result.measured, "outages", static_cast<double>(parts));
}

/// Row 17: as long as a slot has no owner, or one that has failed, the cluster is not ok to a node that knows
/// it and wants full coverage. Told by what one look shows, where the next one shows the same.
void check_state(const RunRecord& run, CheckResult& result) {
  constexpr Nanos kSeenTwice = 90 * kMillisecond;
  if (!run.info.config.require_full_coverage || any_effect(run, {EffectKind::kConfig})) return;
  for (const View& view : run.views) {
    const ClusterInfo& info = view.cluster;
    const bool told = view.reachable && info.slots_assigned > 0;
    const bool covered = info.slots_fail == 0 && info.slots_assigned == kSlotCount;
    if (!told || !info.state_ok || covered) continue;
    if (view.end - view.begin < kSeenTwice) continue;
    accuse(run, result, "ok-without-coverage", view.node, view.begin,
           node_name(run, view.node) + " called the cluster ok from " + at(view.begin) + " to " +
               at(view.end) + ", although it knew of " + std::to_string(info.slots_assigned) +
               " assigned slots, and " + std::to_string(info.slots_fail) +
               " of a failed owner, and wants full coverage");
  }
}

/// A slot of both claims, or -1.
int shared_slot(const SlotClaim& a, const SlotClaim& b) {
  for (const SlotRange& range : a.slots)
    for (const SlotRange& other : b.slots)
      if (range.first <= other.last && other.first <= range.last) return std::max(range.first, other.first);
  return -1;
}

/// When an administrator may have given slots away: only so a master gets one without a new epoch.
class Administration {
 public:
  explicit Administration(const RunRecord& run) : run_(run) {}
  bool acted(Nanos from, Nanos until) const {
    const auto within = [&](Nanos begin, Nanos end) { return begin <= until && end >= from; };
    return std::ranges::any_of(run_.faults,
                               [&](const FaultRecord& fault) {
                                 return has_effect(fault, {EffectKind::kMembership}) &&
                                        within(fault.requested, fault.heals ? fault.healed : kNever);
                               }) ||
           std::ranges::any_of(run_.commands,
                               [&](const CommandRecord& command) { return within(command.time, kNever); });
  }

 private:
  const RunRecord& run_;
};

/// Row 14: in a stable cluster two nodes never claim one slot, and at no time does a master show one slot
/// more in a single look, under the epoch that it had before and has afterwards.
class SingleOwner {
 public:
  explicit SingleOwner(const Analysis& analysis)
      : run_(analysis.run), quiet_(analysis), administration_(analysis.run) {
    for (const FaultRecord& fault : run_.faults) first_fault_ = std::min(first_fault_, fault.requested);
  }

  void check(const std::vector<SlotClaim>& claims, CheckResult& result) {
    Nanos longest = 0;
    for (std::size_t i = 0; i < claims.size(); ++i)
      for (std::size_t j = i + 1; j < claims.size(); ++j) {
        const SlotClaim& a = claims[i];
        const SlotClaim& b = claims[j];
        const Nanos from = std::max(a.from, b.from);
        const Nanos until = std::min(a.surely_until, b.surely_until);
        if (a.node == b.node || from > until) continue;
        if (from == until && !strictly_within(a, b) && !strictly_within(b, a)) continue;
        const int slot = shared_slot(a, b);
        if (slot < 0) continue;
        longest = std::max(longest, until - from);
        const std::string why = why_wrong(a, b, slot, from, until);
        if (!why.empty()) tell(a, b, slot, from, until, why, result);
      }
    figure(result.measured, "two_owners_ms_max", to_ms(longest));
  }

 private:
  /// One look of `a`, while `b` had claimed before and did so afterwards.
  static bool strictly_within(const SlotClaim& a, const SlotClaim& b) {
    return a.from == a.surely_until && b.from < a.from && a.from < b.surely_until;
  }

  /// Empty: two claims while it converges are legal.
  std::string why_wrong(const SlotClaim& a, const SlotClaim& b, int slot, Nanos from, Nanos until) const {
    if (until < first_fault_) return "before any fault: in a stable cluster one node serves each slot";
    if (run_.info.settled != kNever && until > run_.info.settled)
      return "after the cluster had settled: in a stable cluster one node serves each slot";
    if (quiet_.holds(from, until))
      return "while nothing happened: in a stable cluster one node serves each slot";
    if ((strictly_within(a, b) && came_and_went(a, slot)) ||
        (strictly_within(b, a) && came_and_went(b, slot)))
      return "in one look alone, neither before nor after it, and under the same config epoch";
    return {};
  }

  bool came_and_went(const SlotClaim& claim, int slot) const {
    const SlotRange range{slot, slot};
    return claim.before != nullptr && claim.after != nullptr && !covers(claim.before->slots, range) &&
           !covers(claim.after->slots, range) && !administration_.acted(claim.from - kSecond, claim.until);
  }

  void tell(const SlotClaim& a, const SlotClaim& b, int slot, Nanos from, Nanos until, const std::string& why,
            CheckResult& result) const {
    Anomaly anomaly;
    anomaly.type = AnomalyKind("two-owners").text();
    anomaly.time = from;
    anomaly.node = node_name(run_, a.node);
    anomaly.explanation = node_name(run_, a.node) + " and " + node_name(run_, b.node) + " both served slot " +
                          std::to_string(slot) + " from " + at(from) + " to " + at(until) + ", " + why;
    report(result, std::move(anomaly));
  }

  const RunRecord& run_;
  const Quiet quiet_;
  const Administration administration_;
  Nanos first_fault_ = kNever;
};

/// In the end every running node names one live master for every slot that is meant to be served, and all
/// name the same.
void check_end(const RunRecord& run, const std::vector<std::vector<const View*>>& views,
               const SlotRanges& segments, CheckResult& result) {
  const Membership intended = intended_in_the_end(run);
  const LeftDead left = left_dead_in_the_end(run, views);
  int agreed = 0;
  std::set<std::string> told;
  const auto tell = [&](AnomalyKind type, int node, std::string text) {
    if (told.insert(text).second) accuse_in_the_end(run, result, type, node, std::move(text));
  };
  for (const SlotRange& segment : segments) {
    const std::string slots = slots_text({segment});
    std::string owner;
    bool good = true;
    const bool missed = is_assigned(intended, segment.first) && !left.had(intended, segment.first);
    for (std::size_t node = 0; node < views.size(); ++node) {
      if (!intended.is_member(static_cast<int>(node)) || !runs_at_end(run, static_cast<int>(node))) continue;
      const View* view = last_view(views[node]);
      if (view == nullptr || !view->reachable) continue;
      const TopologyNode* named = view->topology.owner_of(segment.first);
      const std::string name = run.nodes[node].name;
      if (!missed && (named == nullptr || left_dead(run, run.node_by_id(named->id)))) continue;
      if (named == nullptr || named->is(kFlagFail)) {
        good = false;
        tell("slot-uncovered-at-end", static_cast<int>(node),
             "in the end " + name + " knows no live owner of slots " + slots +
                 (named == nullptr ? ""
                                   : ": it has " + node_name(run, run.node_by_id(named->id)) + " as failed"));
      } else if (owner.empty()) {
        owner = named->id;
      } else if (owner != named->id) {
        good = false;
        tell("slot-owner-disputed", static_cast<int>(node),
             "in the end " + name + " gives slots " + slots + " to " +
                 node_name(run, run.node_by_id(named->id)) + ", others to " +
                 node_name(run, run.node_by_id(owner)));
      }
    }
    if (good && !owner.empty()) agreed += segment.size();
  }
  // With a gap that was intended, or left by faults, a cluster that wants all slots rightly refuses to serve
  // (row 17); and so does one without a majority of its masters.
  const bool whole = intended.assigned_slots() == kSlotCount && left.shards.empty();
  const bool serves = left.majority && (whole || !run.info.config.require_full_coverage);
  for (std::size_t node = 0; node < views.size(); ++node)
    if (const View* view = last_view(views[node]);
        serves && view != nullptr && view->reachable && intended.is_member(static_cast<int>(node)) &&
        runs_at_end(run, static_cast<int>(node)) && !view->cluster.state_ok)
      tell("cluster-down-at-end", static_cast<int>(node),
           "in the end " + run.nodes[node].name + " says cluster_state:fail (" +
               std::to_string(view->cluster.slots_assigned) + " slots assigned, " +
               std::to_string(view->cluster.slots_fail) + " failed)");
  figure(result.measured, "slots_at_end", agreed);
  figure(result.bound, "slots_at_end", intended.assigned_slots());
}

}  // namespace

CheckResult check_slot_coverage(const Analysis& analysis, const CheckOptions&) {
  const RunRecord& run = analysis.run;
  CheckResult result;
  result.name = "slot-coverage";
  result.valid = Validity::kValid;
  result.operations = run.views.size();
  const auto& views = analysis.views;
  const bool seen =
      std::any_of(run.views.begin(), run.views.end(), [](const View& view) { return view.reachable; });
  if (!seen) {
    doubt(result, "No view of the cluster was recorded.");
    return result;
  }
  const SlotRanges segments = segments_of(run);
  const std::vector<SlotClaim> claims = claims_of(run, views);
  SingleOwner(analysis).check(claims, result);
  check_outages(run, claims, segments, result);
  check_state(run, result);
  if (!run.info.interrupted) check_end(run, views, segments, result);

  const auto first = std::find_if(result.anomalies.begin(), result.anomalies.end(),
                                  [](const Anomaly& anomaly) { return !anomaly.allowed; });
  if (first != result.anomalies.end())
    result.explanation = first->explanation + ".";
  else
    result.explanation =
        "All slots that are meant to be served have one owner in the end, and all nodes agree; " +
        counted_noun(result.allowed, "time") +
        " in which some slots were not seen to be served told meanwhile.";
  if (run.info.interrupted) doubt(result, "The run was interrupted before the cluster could settle.");
  return result;
}

}  // namespace harness

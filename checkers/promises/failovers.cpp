#include "checkers/promises/failovers.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "checkers/promises/aftermath.h"
#include "checkers/promises/analysis.h"
#include "checkers/promises/due_failovers.h"
#include "checkers/promises/effects.h"
#include "checkers/promises/evidence.h"
#include "checkers/promises/handovers.h"
#include "checkers/promises/intention.h"
#include "harness/core/anomaly_kind.h"
#include "harness/core/counted.h"
#include "harness/core/slot.h"

namespace harness {
namespace {

int shard_of(const RunRecord& run, const Term& term) {
  if (!term.slots.empty())
    for (const NodeInfo& node : run.nodes)
      for (const SlotRange& range : node.slots)
        if (range.contains(term.slots.front().first)) return node.shard;
  return run.nodes[static_cast<std::size_t>(term.node)].shard;
}

/// The first time any other node shows `node` with one of these flags, at or after `from`.
Nanos first_flagged(const RunRecord& run, int node, std::uint16_t flags, Nanos from, Nanos until) {
  const std::string& id = run.nodes[static_cast<std::size_t>(node)].id;
  Nanos first = kNever;
  for (const View& view : run.views) {
    if (view.node == node || !view.reachable || view.begin > until || view.end < from) continue;
    const TopologyNode* line = view.topology.find(id);
    if (line != nullptr && (line->flags & flags) != 0) first = std::min(first, std::max(from, view.begin));
  }
  return first;
}

/// The first log line with `text` and `about` (each may be empty), of `node` (-1: any), from..until.
const LogLine* first_line(const RunRecord& run, int node, std::string_view text, std::string_view about,
                          Nanos from, Nanos until) {
  for (const LogLine& line : run.logs)
    if (from <= line.time && line.time <= until && (node < 0 || line.node == node) &&
        line.text.find(text) != std::string::npos && line.text.find(about) != std::string::npos)
      return &line;
  return nullptr;
}

Nanos first_fail(const RunRecord& run, int node, Nanos from, Nanos until) {
  const std::string& id = run.nodes[static_cast<std::size_t>(node)].id;
  Nanos first = first_flagged(run, node, kFlagFail, from, until);
  for (const std::string_view text : {"Marking node", "FAIL message received"})
    if (const LogLine* line = first_line(run, -1, text, id, from, until)) first = std::min(first, line->time);
  return first;
}

Nanos first_write(const RunRecord& run, const Term& term) {
  const std::uint32_t number = run.history.nodes.find(node_name(run, term.node));
  Nanos first = kNever;
  for (const Operation& op : run.history.operations)
    if (op.node == number && op.outcome == Outcome::kOk && op.function != Function::kRead &&
        term.maybe_from <= op.completed && op.invoked <= term.maybe_until)
      first = std::min(first, op.completed);
  return first;
}

/// Whether the node cannot know better at the moment: it is cut off, stopped or dead.
bool excused(const RunRecord& run, int node, Nanos time) {
  return std::any_of(run.faults.begin(), run.faults.end(), [&](const FaultRecord& fault) {
    return silences(fault) && acts_on(run, fault, node) && fault.requested <= time &&
           time < over_at(run, fault, node);
  });
}

/// When first every reachable node that no fault excuses gives the heir its slots. (A restarted old master
/// may believe in its own for a moment later on: that is a rejoin of its own.)
Nanos convergence(const RunRecord& run, const std::vector<std::vector<const View*>>& views, const Term& heir,
                  Nanos promoted) {
  if (heir.slots.empty()) return kNever;
  const std::string& id = run.nodes[static_cast<std::size_t>(heir.node)].id;
  std::set<Nanos> moments = {promoted};
  for (const View& view : run.views)
    if (promoted <= view.begin && view.begin <= heir.maybe_until) moments.insert(view.begin);
  for (const Nanos moment : moments) {
    bool agreed = true;
    for (std::size_t node = 0; node < views.size() && agreed; ++node) {
      const View* view = view_at(views[node], moment);
      if (view == nullptr || !view->reachable) continue;
      const TopologyNode* owner = view->topology.owner_of(heir.slots.front().first);
      agreed = (owner != nullptr && owner->id == id) || excused(run, static_cast<int>(node), moment) ||
               !intended_at(run, moment).is_member(static_cast<int>(node));
    }
    if (agreed) return moment;
  }
  return kNever;
}

/// The last thing that kept the old master from answering, or told the heir to take over.
const FaultRecord* cause_of(const RunRecord& run, int lost, int heir, Nanos promoted_by, Nanos since) {
  const FaultRecord* cause = nullptr;
  for (const FaultRecord& fault : run.faults) {
    const bool silenced = silences(fault) && acts_on(run, fault, lost);
    const bool handed = hands_over(fault) && acts_on(run, fault, heir);
    if ((!silenced && !handed) || fault.requested > promoted_by) continue;
    const Nanos over = handed ? fault.requested : over_at(run, fault, lost);
    if (over != kNever && over < since) continue;
    if (cause == nullptr || fault.requested > cause->requested) cause = &fault;
  }
  return cause;
}

/// Row 1, stretched by what the logs tell of lost elections and of the winner's rank.
Nanos recovery_bound(const RunRecord& run, const Bounds& bounds, const Failover& failover) {
  Nanos bound = bounds.recovery_derived;
  if (failover.promoted == kNever || failover.fault_at == kNever) return bound;
  Nanos elections = 0;
  Nanos rank = 0;
  for (const LogLine& line : run.logs) {
    if (line.node != failover.to || line.time < failover.fault_at || line.time > failover.promoted + kSecond)
      continue;
    if (line.text.find("Starting a failover election") != std::string::npos) ++elections;
    rank = std::max<Nanos>(rank, number_after(line.text, "(rank #"));
  }
  return bound + std::max<Nanos>(0, elections - 1) * bounds.lost_election + rank * bounds.rank_delay;
}

/// Whether another fault was at work between the fault and the promotion: then no bound is promised.
bool disturbed(const RunRecord& run, const Failover& failover) {
  return std::any_of(run.faults.begin(), run.faults.end(), [&](const FaultRecord& fault) {
    if (!silences(fault) || fault.requested == failover.fault_at) return false;
    Nanos over = fault.healed;
    for (const int node : fault.nodes) over = std::max(over == kNever ? 0 : over, over_at(run, fault, node));
    return fault.requested <= failover.promoted && over >= failover.fault_at;
  });
}

/// Whether the cut before the failover had left the master within reach of a majority: what made them give it
/// up came later, and no bound counts from the cut.
bool left_within_reach(const Analysis& analysis, const Failover& failover) {
  const RunRecord& run = analysis.run;
  return std::ranges::any_of(run.faults, [&](const FaultRecord& fault) {
    return fault.requested == failover.fault_at && cuts(fault) && acts_on(run, fault, failover.from) &&
           !isolates(run, fault, failover.from, masters_at(analysis.views, fault.requested),
                     replicas_at(run, analysis.views, failover.from, fault.requested));
  });
}

/// What slows the master or its links down does not silence it: when the others give it up is chance, and no
/// bound counts from there.
bool only_slowed(const RunRecord& run, const Failover& failover) {
  return std::ranges::any_of(run.faults, [&](const FaultRecord& fault) {
    const bool silent = cuts(fault) || has_effect(fault, {EffectKind::kDown, EffectKind::kStopped});
    return fault.requested == failover.fault_at && degrades(fault) && !silent;
  });
}

/// Row 1 promises a bound from a fault that silenced the master at once, and no other at work. Why it
/// promises none here; empty: it does.
std::string_view why_unbounded(const Analysis& analysis, const Failover& failover) {
  if (failover.fault_at == kNever) return "no fault was seen to lead to it";
  if (disturbed(analysis.run, failover)) return "another fault was at work";
  if (left_within_reach(analysis, failover)) return "the cut left the master within reach of a majority";
  return only_slowed(analysis.run, failover) ? "the fault slowed the master and did not silence it" : "";
}

}  // namespace

std::vector<Failover> find_failovers(const Analysis& analysis) {
  const RunRecord& run = analysis.run;
  const Bounds& bounds = analysis.bounds;
  const Nanos stall = analysis.stall;
  const Terms& terms = analysis.terms;
  const auto& views = analysis.views;
  std::vector<Failover> failovers;
  for (const Term& term : terms.all()) {
    if (term.origin != Term::Origin::kPromoted || !term.owned_slots) continue;
    Failover failover;
    failover.shard = shard_of(run, term);
    failover.from = terms[term.parent].node;
    failover.to = term.node;
    const Nanos patience = bounds.recovery_derived + bounds.lost_election + stall;
    const FaultRecord* cause =
        cause_of(run, failover.from, term.node, term.surely_from, term.maybe_from - patience);
    Nanos since = std::max<Nanos>(0, term.maybe_from - patience);
    if (cause != nullptr) {
      failover.fault = cause->fault;
      failover.fault_at = since = cause->requested;
    }
    const LogLine* won = first_line(run, term.node, "Failover election won", "",
                                    term.maybe_from - kSecond / 10, term.surely_from + kSecond / 10);
    failover.promoted = won != nullptr ? std::min(won->time, term.surely_from) : term.surely_from;
    failover.pfail = first_flagged(run, failover.from, kFlagPfail | kFlagFail, since, term.surely_from);
    failover.fail = first_fail(run, failover.from, since, term.surely_from);
    failover.pfail = std::min(failover.pfail, failover.fail);
    if (const LogLine* line =
            first_line(run, term.node, "Starting a failover election", "", since, term.surely_from))
      failover.election = line->time;
    failover.first_write = first_write(run, term);
    failover.converged = convergence(run, views, term, failover.promoted);
    if (cause != nullptr && why_unbounded(analysis, failover).empty()) {
      const Bounds then = analysis.timed_bounds.between(failover.fault_at, failover.promoted);
      // It counts from when the fault surely acted, and is told as all else from its request on.
      const Nanos acted = surely_active(*cause) - cause->requested;
      const Nanos bound = acted + recovery_bound(run, then, failover) + then.grace + stall;
      failover.bound_ms = to_ms(bound);
      failover.within_bound = failover.promoted - failover.fault_at <= bound;
    }
    failovers.push_back(std::move(failover));
  }
  std::sort(failovers.begin(), failovers.end(),
            [](const Failover& a, const Failover& b) { return a.promoted < b.promoted; });
  return failovers;
}

namespace {

std::string tell(const RunRecord& run, const Failover& failover) {
  std::string text = node_name(run, failover.from) + " -> " + node_name(run, failover.to) + " promoted at " +
                     at(failover.promoted);
  if (failover.fault_at != kNever)
    text += ", " + in_milliseconds(failover.promoted - failover.fault_at) + " after " + failover.fault +
            " at " + at(failover.fault_at);
  return text;
}

void check_speed(const Analysis& analysis, const Failover& failover, CheckResult& result, std::size_t& slow) {
  if (failover.fault_at == kNever) return;
  const RunRecord& run = analysis.run;
  const Bounds bounds = analysis.timed_bounds.between(failover.fault_at, failover.promoted);
  if (failover.promoted - failover.fault_at > bounds.recovery_spec) ++slow;
  if (failover.within_bound) return;
  Anomaly anomaly;
  anomaly.type = AnomalyKind("slow-failover").text();
  anomaly.node = node_name(run, failover.to);
  anomaly.time = failover.promoted;
  anomaly.explanation = tell(run, failover) + ": later than the bound of " +
                        in_milliseconds(static_cast<Nanos>(failover.bound_ms * 1e6)) +
                        " (twice the node timeout of " + in_milliseconds(bounds.node_timeout) +
                        " and one second, with the host's own delays)";
  report(result, std::move(anomaly));
}

/// The old master left the cluster by order (CLUSTER RESET), or crashed by itself before it was
/// replaced.
bool gone_by_itself(const Analysis& analysis, const Failover& failover) {
  const Nanos promoted = failover.promoted;
  const Nanos from = promoted - 2 * analysis.bounds.recovery_spec;
  const auto crashed = [&](const Incarnation& life) {
    return life.node == failover.from && !life.expected && life.ended >= from && life.ended <= promoted;
  };
  return !intended_at(analysis.run, promoted).is_member(failover.from) ||
         std::ranges::any_of(analysis.run.incarnations, crashed);
}

/// Somebody asked for it: a server gives a failover by hand 5 s (row 20), and it is seen a look later.
bool by_hand(const Analysis& analysis, const Failover& failover) {
  const RunRecord& run = analysis.run;
  const Nanos since = failover.promoted - 6 * kSecond - analysis.stall;
  const bool logged = std::ranges::any_of(run.logs, [&](const LogLine& line) {
    return (line.node == failover.to || line.node == failover.from) && since <= line.time &&
           line.time <= failover.promoted + kSecond &&
           (line.text.find("anual failover") != std::string::npos ||
            line.text.find("Taking over the master") != std::string::npos);
  });
  return logged || std::ranges::any_of(run.faults, [&](const FaultRecord& fault) {
           return hands_over(fault) && fault.requested <= failover.promoted && fault.active >= since &&
                  (acts_on(run, fault, failover.to) || acts_on(run, fault, failover.from));
         });
}

/// When what the fault did to the node was over: an event has done it at once, but for a process that ended
/// and a setting that stays.
Nanos lasts_until(const RunRecord& run, const FaultRecord& fault, int node) {
  const bool event = !fault.heals && !has_effect(fault, {EffectKind::kDown, EffectKind::kConfig});
  return event && fault.active != kNever ? fault.active : over_at(run, fault, node);
}

/// Row 3. A cause shorter than half a timeout cannot end in a failover; none at all even less.
void check_need(const Analysis& analysis, const Failover& failover, CheckResult& result) {
  const RunRecord& run = analysis.run;
  const Bounds& bounds = analysis.bounds;
  const Nanos stall = analysis.stall;
  if (by_hand(analysis, failover) || gone_by_itself(analysis, failover)) return;
  const Nanos patience = bounds.recovery_derived + bounds.lost_election + stall;
  const Bounds then = analysis.timed_bounds.between(failover.promoted - patience, failover.promoted);
  Nanos longest = 0;
  bool any = false;
  for (const FaultRecord& fault : run.faults) {
    if (fault.requested > failover.promoted || !acts_on(run, fault, failover.from)) continue;
    const Nanos until = lasts_until(run, fault, failover.from);
    if (until < failover.promoted - patience) continue;
    any = true;
    longest = std::max(longest, std::min(until, failover.promoted) - fault.requested);
  }
  if (any && longest >= then.needless_derived) return;
  const std::string text = tell(run, failover) + ": needless, " +
                           (any ? "the fault lasted only " + in_milliseconds(longest) +
                                      " of the node timeout of " + in_milliseconds(then.node_timeout)
                                : "no fault acted on " + node_name(run, failover.from) + " shortly before");
  if (stall >= bounds.node_timeout / 2) {
    doubt(result, text + "; but this machine stood still for " + in_milliseconds(stall) + ".");
    return;
  }
  Anomaly anomaly;
  anomaly.type = AnomalyKind("needless-failover").text();
  anomaly.node = node_name(run, failover.to);
  anomaly.time = failover.promoted;
  anomaly.explanation = text;
  report(result, std::move(anomaly));
}

void check_due(const Analysis& analysis, CheckResult& result) {
  const RunRecord& run = analysis.run;
  const auto& failovers = analysis.failovers;
  const Terms& terms = analysis.terms;
  for (const DueFailover& expected : analysis.due) {
    const bool came = std::any_of(failovers.begin(), failovers.end(), [&](const Failover& failover) {
      return failover.from == expected.node && failover.promoted >= expected.fault->requested &&
             failover.promoted <= expected.until + kSecond;
    });
    if (came) continue;
    // A promotion whose lineage the views do not tell is still a promotion.
    const auto& slots = run.nodes[static_cast<std::size_t>(expected.node)].slots;
    const bool unclear = std::any_of(terms.all().begin(), terms.all().end(), [&](const Term& term) {
      return term.node != expected.node && term.owned_slots &&
             term.surely_from >= expected.fault->requested && (slots.empty() || term.slots == slots);
    });
    if (unclear) continue;
    Anomaly anomaly;
    anomaly.type = AnomalyKind("no-failover").text();
    anomaly.node = node_name(run, expected.node);
    anomaly.time = expected.until;
    anomaly.explanation =
        node_name(run, expected.node) + " was lost to " + expected.fault->fault + " from " +
        at(expected.from) + " to " + at(expected.until) + " (" +
        in_milliseconds(expected.until - expected.from) +
        "), a synchronized replica and a majority of masters were well, and yet none was promoted";
    report(result, std::move(anomaly));
  }
}

/// How long promotions took, from when their faults were requested: those that row 1 holds to a bound, and
/// the others.
class Speeds {
 public:
  explicit Speeds(const Analysis& analysis)
      : analysis_(analysis), derived_(analysis.bounds.recovery_derived) {}

  void take(const Failover& failover) {
    if (failover.fault_at == kNever) return;
    const Nanos took = failover.promoted - failover.fault_at;
    if (failover.bound_ms <= 0) {
      ++unbounded_;
      if (took > slowest_unbounded_) why_ = why_unbounded(analysis_, failover);
      slowest_unbounded_ = std::max(slowest_unbounded_, took);
      return;
    }
    ++bounded_;
    // Each has a bound of its own: told is the one that was used up most.
    const double used = to_ms(took) / failover.bound_ms;
    if (used < used_) return;
    used_ = used;
    closest_ = took;
    bound_ms_ = failover.bound_ms;
  }

  void tell(CheckResult& result) const {
    figure(result.bound, "promotion_ms_max", bounded_ > 0 ? bound_ms_ : to_ms(derived_));
    figure(result.measured, "promotion_ms_max", to_ms(closest_));
    figure(result.measured, "promotion_unbounded_ms_max", to_ms(slowest_unbounded_));
    figure(result.measured, "failovers_unbounded", static_cast<double>(unbounded_));
  }

  /// Of how many failovers in all.
  std::string text(std::size_t failovers) const {
    std::string text = counted_noun(failovers, "failover");
    const std::string bound = in_milliseconds(static_cast<Nanos>(bound_ms_ * 1e6)) +
                              " for a promotion: " + in_milliseconds(derived_) +
                              ", and what the machine's delays, ranks, lost "
                              "elections and a fault that acted late add";
    if (bounded_ == 1)
      text += ", promoted " + in_milliseconds(closest_) + " after the fault (bound " + bound + ")";
    else if (bounded_ > 1)
      text += ", the one closest to its bound promoted " + in_milliseconds(closest_) +
              " after the fault (bound " + bound + ")";
    if (unbounded_ > 0)
      text += "; " + std::to_string(unbounded_) + " of them held to no bound, promoted at most " +
              in_milliseconds(slowest_unbounded_) + " after the fault, because " + std::string(why_);
    return text + ".";
  }

 private:
  const Analysis& analysis_;
  const Nanos derived_;
  std::string_view why_;  // of the slowest without a bound
  std::size_t bounded_ = 0;
  double used_ = -1;  // the greatest part of a bound that a failover took, and that failover's
  double bound_ms_ = 0;
  Nanos closest_ = 0;
  Nanos slowest_unbounded_ = 0;
  std::size_t unbounded_ = 0;
};

}  // namespace

CheckResult check_failover(const Analysis& analysis, const CheckOptions&) {
  const RunRecord& run = analysis.run;
  CheckResult result;
  result.name = "failover";
  result.valid = Validity::kValid;
  result.operations = run.views.size();
  if (std::none_of(run.views.begin(), run.views.end(), [](const View& view) { return view.reachable; })) {
    doubt(result, "No view of the cluster was recorded.");
    return result;
  }
  const Bounds& bounds = analysis.bounds;
  const Nanos stall = analysis.stall;
  const auto& failovers = analysis.failovers;
  std::size_t slow = 0;
  Speeds speeds(analysis);
  Nanos writing = 0;
  Nanos converging = 0;
  const auto since = [](const Failover& failover, Nanos phase) {
    return failover.fault_at == kNever || phase == kNever ? 0 : phase - failover.fault_at;
  };
  for (const Failover& failover : failovers) {
    check_speed(analysis, failover, result, slow);
    check_need(analysis, failover, result);
    check_aftermath(analysis, failover, result);
    speeds.take(failover);
    writing = std::max(writing, since(failover, failover.first_write));
    converging = std::max(converging, since(failover, failover.converged));
  }
  check_due(analysis, result);
  check_handovers(analysis, result);

  figure(result.bound, "promotion_spec_ms_max", to_ms(bounds.recovery_spec));
  figure(result.bound, "agreement_ms_max", to_ms(convergence_bound(bounds, stall)));
  figure(result.bound, "needless_ms_max", to_ms(bounds.needless_derived));
  figure(result.bound, "host_stall_ms", to_ms(stall));
  figure(result.measured, "failovers", static_cast<double>(failovers.size()));
  speeds.tell(result);
  figure(result.measured, "first_write_ms_max", to_ms(writing));
  figure(result.measured, "converged_ms_max", to_ms(converging));
  figure(result.measured, "slower_than_spec", static_cast<double>(slow));
  std::string text;
  if (result.violations > 0)
    text = result.anomalies.front().explanation + ".";
  else if (failovers.empty())
    text = "No failover happened, and none was due.";
  else
    text = speeds.text(failovers.size());
  result.explanation = result.explanation.empty() ? text : text + " " + result.explanation;
  return result;
}

}  // namespace harness

#include "checkers/promises/minority_writes.h"

#include <algorithm>

#include "checkers/promises/analysis.h"
#include "checkers/promises/effects.h"
#include "checkers/promises/evidence.h"
#include "checkers/promises/reads_when_down.h"
#include "harness/core/anomaly_kind.h"
#include "harness/core/counted.h"

namespace harness {
namespace {

struct Figures {
  int minority_masters = 0;
  std::size_t accepted = 0;
  std::size_t refused = 0;  // asked after the bound, and not acknowledged
  Nanos latest = 0;         // after the cut
};

/// Cuts that act together: one alone, or one with those that it found at work.
struct Cut {
  std::vector<const FaultRecord*> faults;
  Nanos requested = 0;
  Nanos active = 0;
  Nanos end = kNever;  // of the first that is healed
};

Cut joined(const std::vector<const FaultRecord*>& faults) {
  Cut cut{.faults = faults};
  for (const FaultRecord* fault : faults) {
    cut.requested = std::max(cut.requested, fault->requested);
    cut.active = std::max(cut.active, fault->active);
    cut.end = std::min(cut.end, fault->heal_requested);
  }
  return cut;
}

bool separates(const RunRecord& run, const Cut& cut, int a, int b) {
  const auto dropped = [&](int from, int to) {
    return std::ranges::any_of(cut.faults,
                               [&](const FaultRecord* fault) { return drops(run, *fault, from, to); });
  };
  return dropped(a, b) && dropped(b, a);
}

/// Masters that hear, or are heard by, no majority of masters any more.
std::vector<int> minority_masters(const RunRecord& run, const Cut& cut, const std::vector<int>& masters) {
  std::vector<int> minority;
  for (const int node : masters) {
    const auto company = std::ranges::count_if(
        masters, [&](int other) { return other == node || !separates(run, cut, node, other); });
    if (static_cast<std::size_t>(company) < masters.size() / 2 + 1) minority.push_back(node);
  }
  return minority;
}

/// Masters at that time, without those that another one has replaced already: they count for no majority.
std::vector<int> owners_at(const Analysis& analysis, Nanos time) {
  // As masters_at: one that cannot be reached keeps the role that it was last seen in.
  const auto own = [&](int node) {
    const TopologyNode* last = nullptr;
    for (const View* view : analysis.views[static_cast<std::size_t>(node)]) {
      if (view->begin > time && last != nullptr) break;
      if (const TopologyNode* line = own_line(view)) last = line;
    }
    return last;
  };
  const auto replaces = [&](int heir, int node) {
    return own(heir)->config_epoch > own(node)->config_epoch &&
           std::ranges::any_of(own(heir)->slots, [&](const SlotRange& range) {
             return std::ranges::any_of(own(node)->slots, [&](const SlotRange& other) {
               return range.first <= other.last && other.first <= range.last;
             });
           });
  };
  const std::vector<int> masters = masters_at(analysis.views, time);
  std::vector<int> owners = masters;
  std::erase_if(owners, [&](int node) {
    return std::ranges::any_of(masters, [&](int heir) { return replaces(heir, node); });
  });
  return owners;
}

/// When the first node that this one hears became a master: from then on it may be of a majority again.
Nanos joined_by_new_master(const Analysis& analysis, const Cut& cut, int node) {
  Nanos first = kNever;
  for (const Term& term : analysis.terms.all())
    if (term.node != node && term.origin != Term::Origin::kCreated && term.maybe_from >= cut.requested &&
        !separates(analysis.run, cut, node, term.node))
      first = std::min(first, term.maybe_from);
  return first;
}

/// Those that only all these cuts together leave in a minority: what one alone does is judged by itself.
std::vector<int> minority_of_all(const RunRecord& run, const Cut& cut, const std::vector<int>& masters) {
  std::vector<int> minority = minority_masters(run, cut, masters);
  for (const FaultRecord* fault : cut.faults)
    for (const int node : minority_masters(run, joined({fault}), masters)) std::erase(minority, node);
  return minority;
}

void check_cut(const Analysis& analysis, const Cut& cut, int node, Nanos bound, CheckResult& result,
               Figures& figures) {
  const RunRecord& run = analysis.run;
  const std::uint32_t number = run.history.nodes.find(node_name(run, node));
  const Nanos end = std::min({cut.end, run.info.end, joined_by_new_master(analysis, cut, node)});
  for (const Operation& op : run.history.operations) {
    if (op.node != number || !changes_data(run.history, op)) continue;
    if (op.invoked < cut.requested || op.invoked >= end) continue;
    const bool late = op.invoked > cut.active + bound;
    if (op.outcome != Outcome::kOk) {
      figures.refused += late;
      continue;
    }
    if (op.completed >= end) continue;  // answered after the heal, perhaps
    ++figures.accepted;
    figures.latest = std::max(figures.latest, op.invoked - cut.requested);
    if (!late) continue;
    Anomaly anomaly;
    anomaly.type = AnomalyKind("minority-write").text();
    anomaly.key = run.history.key_text(op);
    anomaly.node = node_name(run, node);
    anomaly.time = op.completed;
    anomaly.operations = {op.invoke_event};
    anomaly.explanation =
        anomaly.node + ", cut off from the majority since " + at(cut.active) + ", still acknowledged p" +
        std::to_string(op.process) + "'s " + std::string(to_string(op.function)) + " " +
        run.history.values.to_json(op.argument) + " of " + anomaly.key + ", sent " +
        in_milliseconds(op.invoked - cut.active) + " after the cut; the bound is " + in_milliseconds(bound);
    report(result, std::move(anomaly));
  }
}

/// The verified cuts that were at work when this one came.
std::vector<const FaultRecord*> with_those_before(const RunRecord& run, const FaultRecord& fault) {
  std::vector<const FaultRecord*> together;
  for (const FaultRecord& other : run.faults) {
    if (&other == &fault) break;  // they are in order of time
    if (cuts(other) && other.verified_active() && other.heal_requested > fault.active)
      together.push_back(&other);
  }
  together.push_back(&fault);
  return together;
}

}  // namespace

CheckResult check_minority_writes(const Analysis& analysis, const CheckOptions&) {
  const RunRecord& run = analysis.run;
  CheckResult result;
  result.name = "minority-writes";
  result.valid = Validity::kValid;
  const Bounds planned = analysis.timed_bounds.between(0, 0);
  Nanos longest = planned.minority_writes + planned.grace + analysis.stall;
  Figures figures;
  bool any_cut = false;
  for (const FaultRecord& fault : run.faults) {
    if (!cuts(fault)) continue;  // of a link cut in one direction alone no bound is derived
    any_cut = true;
    if (!fault.verified_active()) {
      doubt(result, "The cut at " + at(fault.requested) + " was never verified to be active.");
      continue;
    }
    const Bounds bounds = analysis.timed_bounds.between(fault.requested, fault.healed);
    const Nanos bound = bounds.minority_writes + bounds.grace + analysis.stall;
    longest = std::max(longest, bound);
    const auto masters = owners_at(analysis, fault.requested);
    if (masters.empty()) doubt(result, "No view tells who was a master at " + at(fault.requested) + ".");
    const auto check = [&](const Cut& cut, const std::vector<int>& minority) {
      figures.minority_masters += static_cast<int>(minority.size());
      for (const int node : minority) check_cut(analysis, cut, node, bound, result, figures);
    };
    const Cut alone = joined({&fault});
    check(alone, minority_masters(run, alone, masters));
    const Cut together = joined(with_those_before(run, fault));
    if (together.faults.size() > 1) check(together, minority_of_all(run, together, masters));
  }
  result.operations = figures.accepted + figures.refused;
  figure(result.bound, "accepted_after_ms_max", to_ms(longest));
  figure(result.bound, "accepted_after_spec_ms_max", to_ms(analysis.bounds.minority_writes_spec));
  figure(result.measured, "minority_masters", figures.minority_masters);
  figure(result.measured, "writes_accepted", static_cast<double>(figures.accepted));
  figure(result.measured, "refused_after_bound", static_cast<double>(figures.refused));
  figure(result.measured, "accepted_after_ms_max", to_ms(figures.latest));
  if (!any_cut) result.valid = Validity::kNotApplicable;
  std::string text;
  if (result.violations > 0)
    text = result.anomalies.front().explanation + ".";
  else if (!any_cut)
    text = "No partition was made.";
  else if (figures.minority_masters == 0)
    text = "No partition put a master on a minority side.";
  else
    text = "Masters on minority sides accepted writes until at most " + in_milliseconds(figures.latest) +
           " after the cut (bound " + in_milliseconds(longest) + "); " +
           counted_noun(figures.refused, "later attempt was", "later attempts were") + " refused.";
  result.explanation = result.explanation.empty() ? text : text + " " + result.explanation;
  return result;
}

}  // namespace harness

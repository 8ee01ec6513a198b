#include "checkers/promises/quiet.h"

#include <algorithm>

#include "checkers/promises/effects.h"
#include "checkers/promises/evidence.h"

namespace harness {

Nanos acts_until(const RunRecord& run, const FaultRecord& fault) {
  if (fault.heals) return fault.healed;
  if (!ends_process(fault))
    return fault.active == kNever || fault.healed == kNever ? fault.active
                                                            : std::max(fault.active, fault.healed);
  Nanos end = fault.active;
  for (std::size_t node = 0; node < run.nodes.size(); ++node)
    if (acts_on(run, fault, static_cast<int>(node)))
      end = std::max(end, over_at(run, fault, static_cast<int>(node)));
  return end;
}

Quiet::Quiet(const Analysis& analysis, Of of) {
  const RunRecord& run = analysis.run;
  // A link that hangs is renewed within the node timeout, and a node that was given up is taken back.
  const Nanos after = 2 * analysis.bounds.node_timeout + 2 * kSecond;
  const auto add = [&](Nanos from, Nanos until) {
    disturbed_.emplace_back(from, until >= kNever - after ? kNever : until + after);
  };
  // What a command does to the cluster is recorded as a fault of its step.
  const auto by_command = [&](const FaultRecord& fault) {
    return std::any_of(run.commands.begin(), run.commands.end(),
                       [&](const CommandRecord& command) { return command.step == fault.step; });
  };
  for (const FaultRecord& fault : run.faults)
    if (fault.requested != kNever && (of == Of::kEverything || !by_command(fault)))
      add(fault.requested, acts_until(run, fault));
  for (const CommandRecord& command : run.commands)
    if (command.time != kNever && of == Of::kEverything) add(command.time, command.replied);
  for (const Term& term : analysis.terms.all())
    if (term.origin != Term::Origin::kCreated) add(term.maybe_from, term.surely_from);
  stalled_ = analysis.bounds.node_timeout > 0 && analysis.stall > analysis.bounds.node_timeout / 4;
}

bool Quiet::holds(Nanos from, Nanos until) const {
  return !stalled_ && std::none_of(disturbed_.begin(), disturbed_.end(), [&](const auto& each) {
    return each.first <= until && each.second >= from;
  });
}

}  // namespace harness

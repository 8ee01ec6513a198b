#include "checkers/promises/slots_told.h"

#include <string>

#include "checkers/promises/evidence.h"
#include "checkers/promises/shown_views.h"
#include "harness/core/anomaly_kind.h"

namespace harness {
namespace {

// An answer that is made anew at the end of a turn of the event loop may be late by that turn.
constexpr Nanos kForLong = 200 * kMillisecond;

SlotOwners owners_of(const std::vector<OwnedSlots>& all) {
  SlotOwners owners(kSlotCount);
  for (const OwnedSlots& own : all)
    for (const SlotRange& range : own.slots)
      for (int slot = range.first; slot <= range.last; ++slot)
        owners[static_cast<std::size_t>(slot)] = own.owner;
  return owners;
}

/// `last`: of the looks from `from` on that all showed a disagreement.
void tell(const RunRecord& run, Nanos from, const View& last, CheckResult& result) {
  const SlotOwners nodes = owners_by(last.topology);
  const SlotOwners slots = owners_of(last.slots_told);
  const SlotRanges differ = differing(nodes, slots);
  if (differ.empty()) return;
  const auto first = static_cast<std::size_t>(differ.front().first);
  Anomaly anomaly;
  anomaly.type = AnomalyKind("slots-disagree").text();
  anomaly.node = node_name(run, last.node);
  anomaly.time = last.end;
  anomaly.explanation = "from " + at(from) + " to " + at(last.end) + " " + anomaly.node +
                        " gave slots to different owners (rows 13, 14): of slots " + slots_text(differ) +
                        " its CLUSTER SLOTS named " + name_of_id(run, slots[first]) +
                        ", and its CLUSTER NODES, asked right before and after, " +
                        name_of_id(run, nodes[first]);
  report(result, std::move(anomaly));
}

}  // namespace

void check_slots_told(const Analysis& analysis, CheckResult& result) {
  for (const auto& views : analysis.views) {
    Nanos from = kNever;
    for (std::size_t i = 0; i < views.size(); ++i) {
      if (views[i]->slots_told.empty()) {
        from = kNever;
        continue;
      }
      if (from == kNever) from = views[i]->begin;
      const bool goes_on = i + 1 < views.size() && !views[i + 1]->slots_told.empty();
      if (!goes_on && views[i]->end - from >= kForLong) tell(analysis.run, from, *views[i], result);
    }
  }
}

}  // namespace harness

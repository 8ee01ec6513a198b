#include "harness/sandbox/bus_traffic.h"

#include <algorithm>

#include "harness/core/check.h"

namespace harness {

void BusTraffic::record(const RunClock& clock, Sink sink) {
  const std::lock_guard lock(mutex_);
  clock_ = clock;
  sink_ = std::move(sink);
  watch_ = {};
  counts_.clear();
}

void BusTraffic::tap(Tap tap) {
  const std::lock_guard lock(mutex_);
  tap_ = std::move(tap);
}

BusRuleId BusTraffic::add(const BusRule& rule) {
  CHECK_THAT_HOLDS(rule.act != BusFate::kPassed, "a rule does something");
  const std::lock_guard lock(mutex_);
  layers_[++last_] = {rule, {rule.links.begin(), rule.links.end()}, {}, 0, false};
  return last_;
}

void BusTraffic::remove(BusRuleId rule) {
  const std::lock_guard lock(mutex_);
  layers_.at(rule).gone = true;
}

BusRuleCounts BusTraffic::counts_of(BusRuleId rule) const {
  const std::lock_guard lock(mutex_);
  return layers_.at(rule).counts;
}

int BusTraffic::rules() const {
  const std::lock_guard lock(mutex_);
  return static_cast<int>(std::ranges::count_if(
      layers_, [](const auto& layer) { return !layer.second.gone && !layer.second.rule.evidence; }));
}

std::uint64_t BusTraffic::waiting(BusRuleId rule) const {
  const std::lock_guard lock(mutex_);
  return layers_.at(rule).waiting;
}

void BusTraffic::done_waiting(BusRuleId rule) {
  const std::lock_guard lock(mutex_);
  --layers_.at(rule).waiting;
}

bool BusTraffic::in_force(BusRuleId rule) const {
  const std::lock_guard lock(mutex_);
  const auto found = layers_.find(rule);
  return found != layers_.end() && !found->second.gone;
}

BusCounts BusTraffic::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

void BusTraffic::unread(const BusLink& link, std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  counts_[link].unread_bytes += bytes;
}

void BusTraffic::delivered(const BusLink& link, BusType type) {
  const std::lock_guard lock(mutex_);
  ++counts_[link].delivered[static_cast<std::size_t>(type)];
}

BusFate BusTraffic::apply(Layer& layer, BusRuleId id, const BusLink& link, BusVerdict& verdict) {
  if (layer.gone || !layer.links.contains(link)) return BusFate::kPassed;
  ++layer.counts.seen;
  if (!layer.rule.types.holds(verdict.type)) return BusFate::kPassed;
  ++layer.counts.matched;
  if (layer.rule.count > 0 && layer.counts.acted >= layer.rule.count) return BusFate::kPassed;
  ++layer.counts.acted;
  switch (layer.rule.act) {
    case BusFate::kDropped:
      verdict.copies = 0;
      break;
    case BusFate::kDuplicated:
      verdict.copies *= 2;
      break;
    case BusFate::kReordered:
      verdict.held = true;
      [[fallthrough]];
    case BusFate::kDelayed:
      verdict.delay += layer.rule.delay;
      verdict.rule = id;
      break;
    case BusFate::kPassed:
      break;
  }
  return layer.rule.act;
}

BusVerdict BusTraffic::admit(const BusLink& link, std::string_view bytes) {
  std::optional<BusMessage> message = read_bus_message(bytes);
  const std::lock_guard lock(mutex_);
  if (tap_) tap_(link, bytes);
  BusLinkCounts& counts = counts_[link];
  BusVerdict verdict;
  if (!message) {
    // A server would refuse it, or it is of another version: it passes as it is.
    counts.unread_bytes += bytes.size();
    return verdict;
  }
  verdict.type = message->type;
  ++counts.sent[static_cast<std::size_t>(verdict.type)];
  BusFate fate = BusFate::kPassed;
  Nanos held_for_evidence = 0;
  for (auto& [id, layer] : layers_) {
    if (verdict.copies == 0) break;  // nothing is left for the others
    const Nanos before = verdict.delay;
    const BusFate made = apply(layer, id, link, verdict);
    if (layer.rule.evidence)
      held_for_evidence += verdict.delay - before;
    else if (made != BusFate::kPassed)
      fate = made;
  }
  if (verdict.delay > 0) layers_.at(verdict.rule).waiting += static_cast<std::uint64_t>(verdict.copies);
  if (sink_ && watch_.matters(link, *message))
    sink_(sighting_of(clock_.now() + held_for_evidence, link, fate, std::move(*message)));
  return verdict;
}

}  // namespace harness

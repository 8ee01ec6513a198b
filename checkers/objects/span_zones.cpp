#include "checkers/objects/span_zones.h"

#include <algorithm>

namespace harness {
namespace {

constexpr int kLinksTold = 16;  // of a chain of compare-and-sets, in a counterexample

void end_by(Zone& zone, Nanos time, std::uint32_t op) {
  if (time >= zone.first_end) return;
  zone.first_end = time;
  zone.first_op = op;
}

void start_at(Zone& zone, Nanos time, std::uint32_t op) {
  if (time <= zone.last_start) return;
  zone.last_start = time;
  zone.last_op = op;
}

}  // namespace

std::uint32_t Zones::zone_of(Value value) {
  const std::uint32_t known = index_.find(value.bits(), zones_);
  if (known != TokenIndex::kNone) return known;
  Zone zone;
  zone.token = value.bits();
  zone.first_end = kBefore;  // until a write says otherwise, it was there before
  zones_.push_back(zone);
  index_.add_last(zones_);
  return static_cast<std::uint32_t>(zones_.size() - 1);
}

const Zone* Zones::find(Value value) const {
  const std::uint32_t place = index_.find(value.bits(), zones_);
  return place == TokenIndex::kNone ? nullptr : &zones_[place];
}

void Zones::write(std::uint32_t op, const Operation& operation, Value value, Mark::Writer writer) {
  Zone& zone = zones_[zone_of(value)];
  zone.writer = writer;
  zone.write = op;
  if (writer == Mark::Writer::kElsewhere) return;
  zone.first_end = kNever;
  start_at(zone, operation.invoked, op);
  if (writer == Mark::Writer::kUncertain) return;
  end_by(zone, operation.completed, op);
  zone.touched = true;
}

void Zones::observe(std::uint32_t op, const Operation& operation, Value value) {
  Zone& zone = zones_[zone_of(value)];
  zone.touched = true;
  end_by(zone, operation.completed, op);
  start_at(zone, operation.invoked, op);
}

void Zones::replace(std::uint32_t op, Value expected, Value next) {
  replacements_.push_back({op, zone_of(expected), zone_of(next)});
}

ZoneConflict Zones::conflict(ZoneConflict::Kind kind, const Zone& earlier, const Zone& later,
                             std::vector<std::uint32_t> operations) const {
  std::erase(operations, kNoOperation);
  std::sort(operations.begin(), operations.end());
  operations.erase(std::unique(operations.begin(), operations.end()), operations.end());
  return {kind, earlier.value(), later.value(), std::move(operations)};
}

/// Joins zones into chains: a compare-and-set from a to b leaves no room between them.
void Zones::link(std::vector<ZoneConflict>& found) {
  const auto count = zones_.size();
  std::vector<std::uint32_t> next(count, kNoOperation);
  std::vector<std::uint32_t> by(count, kNoOperation);
  std::vector<bool> has_previous(count, false);
  for (const Replacement& step : replacements_) {
    if (next[step.from] != kNoOperation) {
      found.push_back(conflict(ZoneConflict::Kind::kDoubleCas, zones_[step.from], zones_[step.to],
                               {zones_[step.from].write, by[step.from], step.op}));
      continue;
    }
    next[step.from] = step.to;
    by[step.from] = step.op;
    has_previous[step.to] = true;
  }
  for (std::uint32_t head = 0; head < count; ++head) {
    if (has_previous[head]) continue;
    std::vector<std::uint32_t> members;
    for (std::uint32_t at = head; at != kNoOperation; at = next[at]) {
      zones_[at].chain = static_cast<int>(members_.size());
      zones_[at].position = static_cast<int>(members.size());
      members.push_back(at);
    }
    members_.push_back(std::move(members));
  }
  // What no head leads to is a ring of compare-and-sets.
  for (std::uint32_t zone = 0; zone < count; ++zone) {
    if (zones_[zone].chain >= 0) continue;
    std::vector<std::uint32_t> operations;
    std::vector<std::uint32_t> members;
    for (std::uint32_t at = zone; zones_[at].chain < 0; at = next[at]) {
      zones_[at].chain = static_cast<int>(members_.size());
      zones_[at].position = static_cast<int>(members.size());
      members.push_back(at);
      operations.push_back(by[at]);
    }
    found.push_back(conflict(ZoneConflict::Kind::kCasCycle, zones_[zone], zones_[next[zone]], operations));
    members_.push_back(std::move(members));
  }
}

/// Within a chain, nothing may touch a value after something touched a later one.
void Zones::order_within(std::vector<ZoneConflict>& found) {
  chains_.resize(members_.size());
  for (std::size_t c = 0; c < members_.size(); ++c) {
    Chain& chain = chains_[c];
    for (const std::uint32_t at : members_[c]) {
      const Zone& zone = zones_[at];
      if (chain.last_start > zone.first_end) {
        const Zone& late = zones_[chain.last_zone];
        found.push_back(conflict(ZoneConflict::Kind::kCasOrder, late, zone,
                                 {zone.write, zone.first_op, late.write, late.last_op}));
      }
      if (zone.first_end < chain.first_end) chain.first_end = zone.first_end, chain.first_zone = at;
      if (zone.last_start > chain.last_start) chain.last_start = zone.last_start, chain.last_zone = at;
    }
  }
}

/// Two chains of which each had to come first: the operations that touched their values, and all writers of
/// the values that the story names, with the compare-and-sets in between.
std::vector<std::uint32_t> Zones::witness(const Chain& stale, const Chain& fresh) const {
  std::vector<std::uint32_t> operations = {zones_[stale.first_zone].first_op,
                                           zones_[fresh.first_zone].first_op, zones_[fresh.last_zone].last_op,
                                           zones_[stale.last_zone].last_op};
  for (const Chain* chain : {&stale, &fresh}) {
    const Zone& first = zones_[chain->first_zone];
    const Zone& last = zones_[chain->last_zone];
    const auto& members = members_[static_cast<std::size_t>(first.chain)];
    const auto [from, to] = std::minmax(first.position, last.position);
    for (int i = from; i <= to; ++i)
      if (i == from || i == to || to - from <= kLinksTold)
        operations.push_back(zones_[members[static_cast<std::size_t>(i)]].write);
  }
  return operations;
}

/// A violation iff F_A < S_B and F_B < S_A for two chains: then two forward zones (F < S) overlap, or a
/// backward zone lies within a forward one.
void Zones::order_between(std::vector<ZoneConflict>& found, std::size_t limit) const {
  std::vector<std::uint32_t> forward;
  for (std::uint32_t c = 0; c < chains_.size(); ++c)
    if (chains_[c].first_end < chains_[c].last_start) forward.push_back(c);
  std::sort(forward.begin(), forward.end(),
            [&](std::uint32_t a, std::uint32_t b) { return chains_[a].first_end < chains_[b].first_end; });
  const auto clash = [&](const Chain& a, const Chain& b) {
    // The value whose late use shows it stands second in the story: it was replaced, yet seen again.
    const bool a_returns = a.first_end <= b.first_end;
    const Chain& stale = a_returns ? a : b;
    const Chain& fresh = a_returns ? b : a;
    const Zone& stale_zone = zones_[stale.last_zone];
    const Zone& fresh_zone = zones_[fresh.first_zone];
    found.push_back(conflict(ZoneConflict::Kind::kOrder, stale_zone, fresh_zone, witness(stale, fresh)));
  };
  // Forward zones: compare each with the one that reaches furthest so far.
  std::vector<std::uint32_t> disjoint;
  for (const std::uint32_t c : forward) {
    if (found.size() >= limit) return;
    if (!disjoint.empty() && chains_[c].first_end < chains_[disjoint.back()].last_start) {
      clash(chains_[disjoint.back()], chains_[c]);
      if (chains_[c].last_start > chains_[disjoint.back()].last_start) disjoint.back() = c;
      continue;
    }
    disjoint.push_back(c);
  }
  // Backward zones: the last forward zone that began before this one ends is the only candidate.
  for (const Chain& chain : chains_) {
    if (found.size() >= limit) return;
    if (chain.first_end < chain.last_start) continue;
    const auto after = std::partition_point(disjoint.begin(), disjoint.end(), [&](std::uint32_t f) {
      return chains_[f].first_end < chain.last_start;
    });
    if (after == disjoint.begin()) continue;
    const Chain& candidate = chains_[*std::prev(after)];
    if (chain.first_end < candidate.last_start) clash(candidate, chain);
  }
}

std::vector<ZoneConflict> Zones::conflicts(std::size_t limit) {
  // An uncertain write that nothing here observed may have happened elsewhere, last, or never.
  for (const Replacement& step : replacements_) zones_[step.to].touched = true;
  std::vector<ZoneConflict> found;
  link(found);
  order_within(found);
  if (found.empty()) order_between(found, limit);
  if (found.size() > limit) found.resize(limit);
  return found;
}

bool Zones::surely_before(const Zone& a, const Zone& b) const {
  if (a.chain == b.chain) return a.position < b.position;
  const Chain& first = chains_[static_cast<std::size_t>(a.chain)];
  const Chain& second = chains_[static_cast<std::size_t>(b.chain)];
  return first.first_end < second.last_start;
}

}  // namespace harness

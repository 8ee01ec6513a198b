#include "checkers/promises/slot_streams.h"

#include <algorithm>

#include "harness/core/slot.h"

namespace harness {
namespace {

bool holds(const SlotRanges& ranges, int slot) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [&](const SlotRange& range) { return range.contains(slot); });
}

}  // namespace

SlotStreams::SlotStreams(const Terms& terms) : terms_(terms), links_(kSlotCount) {
  // A slot that a term has from its first look came with the term; one that it gained later was passed to it.
  std::vector<std::pair<Nanos, std::pair<int, std::size_t>>> gains;
  for (int term = 0; term < static_cast<int>(terms.size()); ++term)
    for (std::size_t i = 1; i < terms[term].claims.size(); ++i)
      gains.push_back({terms[term].claims[i].from, {term, i}});
  std::sort(gains.begin(), gains.end());
  for (const auto& [time, which] : gains) {
    const auto& claims = terms[which.first].claims;
    find_moves(which.first, claims[which.second - 1], claims[which.second]);
  }
}

void SlotStreams::find_moves(int to, const Claim& before, const Claim& now) {
  for (const SlotRange& range : now.slots)
    for (int slot = range.first; slot <= range.last; ++slot) {
      if (holds(before.slots, slot)) continue;
      const int from = owner_before(slot, now.from, to);
      if (from == kNoTerm) continue;  // given for the first time, while the cluster was formed
      links_[static_cast<std::size_t>(slot)].push_back(static_cast<std::uint32_t>(moves_.size()));
      moves_.push_back({from, to});
    }
}

Nanos SlotStreams::owned_from(int term, int slot) const {
  for (const Claim& claim : terms_[term].claims)
    if (holds(claim.slots, slot)) return claim.from;
  return kNever;
}

bool SlotStreams::ever_owned(int term, int slot) const {
  return owned_from(term, slot) != kNever;
}

/// Whether the slot's owner of nodes.conf came back when another one with a greater config epoch had it: no
/// newer claim then, but an older one, which gives way (row 13).
bool SlotStreams::outdated(int term, int slot) const {
  const Term& back = terms_[term];
  if (back.origin != Term::Origin::kRestarted || back.claims.empty()) return false;
  const Nanos time = back.claims.front().from;
  return std::ranges::any_of(terms_.all(), [&](const Term& other) {
    if (other.node == back.node || other.config_epoch <= back.config_epoch || other.maybe_until < time)
      return false;
    bool has = false;
    for (const Claim& claim : other.claims)
      if (claim.from < time) has = holds(claim.slots, slot);
    return has;
  });
}

/// The term that last began to claim the slot, at this time at the latest.
int SlotStreams::owner_before(int slot, Nanos time, int except) const {
  int owner = kNoTerm;
  Nanos since = -1;
  for (int term = 0; term < static_cast<int>(terms_.size()); ++term) {
    if (term == except) continue;
    bool had = false;
    for (const Claim& claim : terms_[term].claims) {
      const bool has = holds(claim.slots, slot);
      const bool began = has && !had && claim.from <= time && claim.from > since;
      if (began && (&claim != terms_[term].claims.data() || !outdated(term, slot)))
        owner = term, since = claim.from;
      had = has;
    }
  }
  return owner;
}

/// The term that began the stream which this one continues without a cut.
int SlotStreams::first_of(int term, int slot) const {
  const auto& links = links_[static_cast<std::size_t>(slot)];
  for (auto link = links.rbegin(); link != links.rend(); ++link)
    if (moves_[*link].to == term) term = moves_[*link].from;
  return term;
}

int SlotStreams::stream_of(int term, int slot, Nanos time) const {
  if (term == kNoTerm || slot < 0) return term;
  if (!terms_[term].claims.empty() && !ever_owned(term, slot)) {
    const int owner = owner_before(slot, time, term);
    if (owner != kNoTerm) term = owner;
  }
  return moves_.empty() ? term : first_of(term, slot);
}

int SlotStreams::parent_of(int stream, int slot) const {
  const int parent = terms_[stream].parent;
  return parent == kNoTerm || moves_.empty() ? parent : first_of(parent, slot);
}

}  // namespace harness

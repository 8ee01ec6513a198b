#include "harness/core/membership.h"

#include <algorithm>
#include <bitset>
#include <nlohmann/json.hpp>

#include "harness/core/append_slot.h"
#include "harness/core/check.h"

namespace harness {
namespace {

constexpr int kOutside = -1;
using SlotSet = std::bitset<kSlotCount>;

SlotSet set_of(const SlotRanges& ranges) {
  SlotSet set;
  for (const SlotRange& range : ranges)
    for (int slot = range.first; slot <= range.last; ++slot) set.set(static_cast<std::size_t>(slot));
  return set;
}

SlotRanges ranges_of(const SlotSet& set) {
  SlotRanges ranges;
  for (int slot = 0; slot < kSlotCount; ++slot) {
    if (!set.test(static_cast<std::size_t>(slot))) continue;
    append_slot(ranges, slot);
  }
  return ranges;
}

}  // namespace

Membership::Membership(const std::vector<NodeInfo>& nodes) : shard_of_(nodes.size(), kOutside) {
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i].spare) continue;
    const auto shard = static_cast<std::size_t>(nodes[i].shard);
    shard_of_[i] = nodes[i].shard;
    if (slots_.size() <= shard) slots_.resize(shard + 1);
    if (nodes[i].master) slots_[shard] = nodes[i].slots;
  }
}

int Membership::shard_of(int node) const {
  return shard_of_.at(static_cast<std::size_t>(node));
}

std::vector<int> Membership::members() const {
  std::vector<int> found;
  for (std::size_t i = 0; i < shard_of_.size(); ++i)
    if (shard_of_[i] != kOutside) found.push_back(static_cast<int>(i));
  return found;
}

std::vector<int> Membership::nodes_of(int shard) const {
  std::vector<int> found = members();
  std::erase_if(found, [&](int node) { return shard_of(node) != shard; });
  return found;
}

int Membership::shards_with_slots() const {
  return static_cast<int>(
      std::count_if(slots_.begin(), slots_.end(), [](const auto& s) { return !s.empty(); }));
}

int Membership::assigned_slots() const {
  int sum = 0;
  for (const SlotRanges& ranges : slots_) sum += count_slots(ranges);
  return sum;
}

int Membership::add_master(int node) {
  slots_.emplace_back();
  return shard_of_.at(static_cast<std::size_t>(node)) = shards() - 1;
}

void Membership::add_replica(int node, int master) {
  CHECK_THAT_HOLDS(is_member(master), "the master of a replica is a member");
  shard_of_.at(static_cast<std::size_t>(node)) = shard_of(master);
}

void Membership::remove(int node) {
  shard_of_.at(static_cast<std::size_t>(node)) = kOutside;
}

void Membership::give(const SlotRanges& slots, int shard) {
  take_away(slots);
  SlotRanges& own = slots_.at(static_cast<std::size_t>(shard));
  own = ranges_of(set_of(own) | set_of(slots));
}

void Membership::take_away(const SlotRanges& slots) {
  const SlotSet gone = set_of(slots);
  for (SlotRanges& ranges : slots_) ranges = ranges_of(set_of(ranges) & ~gone);
}

void to_json(nlohmann::json& j, const Membership& membership) {
  nlohmann::json slots = nlohmann::json::array();
  for (const SlotRanges& ranges : membership.slots_) {
    nlohmann::json& list = slots.emplace_back(nlohmann::json::array());
    for (const SlotRange& range : ranges) list.push_back({range.first, range.last});
  }
  j = {{"shard_of", membership.shard_of_}, {"slots", slots}};
}

void from_json(const nlohmann::json& j, Membership& membership) {
  membership = {};
  membership.shard_of_ = j.at("shard_of").get<std::vector<int>>();
  for (const nlohmann::json& list : j.at("slots")) {
    SlotRanges& ranges = membership.slots_.emplace_back();
    for (const nlohmann::json& range : list)
      ranges.push_back({range.at(0).get<int>(), range.at(1).get<int>()});
  }
  const auto shards = static_cast<int>(membership.slots_.size());
  const bool sound = std::ranges::all_of(membership.shard_of_,
                                         [&](int shard) { return kOutside <= shard && shard < shards; });
  if (!sound) throw nlohmann::json::other_error::create(501, "a member of no shard", &j);
}

void to_json(nlohmann::json& j, const Intention& intention) {
  j = {{"since", intention.since}, {"membership", intention.membership}};
}

void from_json(const nlohmann::json& j, Intention& intention) {
  intention.since = j.at("since").get<Nanos>();
  intention.membership = j.at("membership").get<Membership>();
}

}  // namespace harness

#include "harness/cluster/intent.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>

#include "harness/core/slot_offer.h"

namespace harness {
namespace {

/// One command about to be applied.
struct Intent {
  Membership& membership;
  Forgotten& forgotten;
  const std::vector<NodeInfo>& nodes;
  int node;                                   // that was told
  const std::vector<std::string>& words;      // all of them
  const std::vector<std::string>& arguments;  // behind the subcommand
};

std::string upper(std::string word) {
  std::ranges::transform(word, word.begin(),
                         [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return word;
}

std::optional<int> slot_from(const std::string& text) {
  int slot = -1;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, slot);
  if (read.ec != std::errc{} || read.ptr != end || slot < 0 || slot >= kSlotCount) return std::nullopt;
  return slot;
}

std::optional<int> node_by_id(const Intent& intent, const std::string& id) {
  for (std::size_t i = 0; i < intent.nodes.size(); ++i)
    if (intent.nodes[i].id == id) return static_cast<int>(i);
  return std::nullopt;
}

std::optional<int> node_by_address(const Intent& intent, const std::string& ip, const std::string& port) {
  for (std::size_t i = 0; i < intent.nodes.size(); ++i)
    if (intent.nodes[i].ip == ip && std::to_string(intent.nodes[i].port) == port) return static_cast<int>(i);
  return std::nullopt;
}

SlotRanges single_slots(const Intent& intent) {
  SlotRanges slots;
  for (const std::string& text : intent.arguments)
    if (const auto slot = slot_from(text)) slots.push_back({*slot, *slot});
  return slots;
}

SlotRanges slot_ranges(const Intent& intent) {
  SlotRanges slots;
  for (std::size_t i = 0; i + 1 < intent.arguments.size(); i += 2) {
    const auto first = slot_from(intent.arguments[i]);
    const auto last = slot_from(intent.arguments[i + 1]);
    if (first && last && *first <= *last) slots.push_back({*first, *last});
  }
  return slots;
}

void give(const Intent& intent, const SlotRanges& slots, int node) {
  if (intent.membership.is_member(node)) intent.membership.give(slots, intent.membership.shard_of(node));
}

bool somebody_has(const Membership& membership, const SlotRanges& slots) {
  for (int shard = 0; shard < membership.shards(); ++shard)
    for (const SlotRange& own : membership.slots_of(shard))
      for (const SlotRange& range : slots)
        if (own.first <= range.last && range.first <= own.last) return true;
  return false;
}

/// A node that was reset, and gets slots that nobody else is meant to have, belongs to the cluster that is
/// being made.
void add(const Intent& intent, const SlotRanges& slots) {
  if (!intent.membership.is_member(intent.node) && !slots.empty() && !somebody_has(intent.membership, slots))
    intent.membership.add_master(intent.node);
  give(intent, slots, intent.node);
}

/// The node is alone afterwards; slots that no other node of its shard can serve are nobody's.
void reset(const Intent& intent) {
  const int shard = intent.membership.shard_of(intent.node);
  intent.membership.remove(intent.node);
  if (shard >= 0 && intent.membership.nodes_of(shard).empty())
    intent.membership.take_away(SlotRanges(intent.membership.slots_of(shard)));
}

/// From the node's own shard: what others still tell of the slot's owner comes back by gossip.
void take_away(const Intent& intent, const SlotRanges& slots) {
  const int shard = intent.membership.shard_of(intent.node);
  if (shard < 0) return;
  SlotRanges taken;
  for (const SlotRange& range : slots)
    for (int slot = range.first; slot <= range.last; ++slot)
      for (const SlotRange& own : intent.membership.slots_of(shard))
        if (own.contains(slot)) taken.push_back({slot, slot});
  intent.membership.take_away(taken);
}

void set_slot(const Intent& intent) {
  if (intent.arguments.size() < 3 || upper(intent.arguments[1]) != "NODE") return;
  const auto slot = slot_from(intent.arguments[0]);
  const auto owner = node_by_id(intent, intent.arguments[2]);
  if (slot && owner) give(intent, {{*slot, *slot}}, *owner);
}

void hand_over(const Intent& intent) {
  for (const SlotOffer& offer : slot_offers(intent.words))
    if (const auto taker = offer.to.empty() ? std::optional(intent.node) : node_by_id(intent, offer.to))
      give(intent, offer.slots, *taker);
}

void replicate(const Intent& intent) {
  const auto master = intent.arguments.empty() ? std::nullopt : node_by_id(intent, intent.arguments[0]);
  if (master && intent.membership.is_member(*master)) intent.membership.add_replica(intent.node, *master);
}

void meet(const Intent& intent) {
  if (intent.arguments.size() < 2) return;
  const auto other = node_by_address(intent, intent.arguments[0], intent.arguments[1]);
  if (other) intent.forgotten.erase(*other);
  intent.forgotten.erase(intent.node);
  if (!other) return;
  if (intent.membership.members().empty()) intent.membership.add_master(intent.node);  // a cluster begins
  if (intent.membership.is_member(intent.node) == intent.membership.is_member(*other)) return;
  intent.membership.add_master(intent.membership.is_member(intent.node) ? *other : intent.node);
}

void forget(const Intent& intent) {
  const auto node = intent.arguments.empty() ? std::nullopt : node_by_id(intent, intent.arguments[0]);
  if (!node) return;
  std::set<int>& tellers = intent.forgotten[*node];
  tellers.insert(intent.node);
  const bool all = std::ranges::all_of(
      intent.membership.members(), [&](int member) { return member == *node || tellers.contains(member); });
  if (all) intent.membership.remove(*node);
}

struct Meaning {
  std::string_view subcommand;
  void (*apply)(const Intent&);
};

constexpr Meaning kMeanings[] = {
    {"SETSLOT", set_slot},
    {"MIGRATESLOTS", hand_over},
    {"MIGRATION", hand_over},
    {"ADDSLOTS", [](const Intent& intent) { add(intent, single_slots(intent)); }},
    {"ADDSLOTSRANGE", [](const Intent& intent) { add(intent, slot_ranges(intent)); }},
    {"DELSLOTS", [](const Intent& intent) { take_away(intent, single_slots(intent)); }},
    {"DELSLOTSRANGE", [](const Intent& intent) { take_away(intent, slot_ranges(intent)); }},
    {"REPLICATE", replicate},
    {"MEET", meet},
    {"FORGET", forget},
    {"RESET", reset},
};

}  // namespace

bool apply_intent(Membership& membership, Forgotten& forgotten, const std::vector<NodeInfo>& nodes,
                  const CommandRecord& command) {
  const bool accepted = command.answered && !command.refused && command.node >= 0 &&
                        static_cast<std::size_t>(command.node) < nodes.size();
  if (!accepted || command.words.size() < 2 || upper(command.words[0]) != "CLUSTER") return false;
  const std::string subcommand = upper(command.words[1]);
  const auto meaning = std::ranges::find(kMeanings, subcommand, &Meaning::subcommand);
  if (meaning == std::end(kMeanings)) return false;
  const std::vector<std::string> arguments(command.words.begin() + 2, command.words.end());
  const Membership before = membership;
  meaning->apply({membership, forgotten, nodes, command.node, command.words, arguments});
  return membership != before;
}

void CommandIntent::take(const CommandRecord& command) {
  const std::lock_guard lock(mutex_);
  // Tried on a copy first: a change is worth recording only when it is one.
  Membership membership = cluster_.membership();
  if (!apply_intent(membership, forgotten_, cluster_.infos(), command)) return;
  cluster_.change_membership(
      [&](Membership& now) { apply_intent(now, forgotten_, cluster_.infos(), command); });
}

}  // namespace harness

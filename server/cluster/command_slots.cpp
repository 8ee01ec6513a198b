// The subcommands that give, take and move slots.
#include <bitset>

#include "server/cluster/bus.h"
#include "server/cluster/command.h"
#include "server/cluster/ownership.h"

namespace node::cluster {
namespace {

using Arguments = std::span<const std::string_view>;
using Chosen = std::bitset<kSlotCount>;

std::optional<int> parse_slot(std::string_view text) {
  const auto value = parse_integer(text);
  if (!value || *value < 0 || *value >= kSlotCount) return std::nullopt;
  return static_cast<int>(*value);
}
Reply invalid_slot() {
  return Reply::error("Invalid or out of range slot");
}

/// Adds a slot to the choice; the error, if it cannot be taken or given. (redis lets a replica take one,
/// which ends in two claims, or in its own assertion: redis#12268.)
std::optional<Reply> choose(const Context& c, int slot, bool del, Chosen& chosen) {
  if (!del && c.state.myself->is_replica()) return Reply::error("Please use ADDSLOTS only with masters.");
  const bool owned = c.state.owner[slot] != nullptr;
  if (del && !owned) return Reply::error(fmt::format("Slot {} is already unassigned", slot));
  if (!del && owned) return Reply::error(fmt::format("Slot {} is already busy", slot));
  if (chosen.test(slot)) return Reply::error(fmt::format("Slot {} specified multiple times", slot));
  chosen.set(slot);
  return std::nullopt;
}

Reply apply(Context& c, const Chosen& chosen, bool del) {
  for (int slot = 0; slot < kSlotCount; ++slot) {
    if (!chosen.test(slot)) continue;
    c.state.importing.erase(slot);
    if (del) {
      ownership::unassign(c, slot);
    } else {
      ownership::assign(c, slot, c.me());
      c.state.unclaimed_by_owner.clear(slot);
    }
  }
  c.update_soon();
  c.save_soon();
  return Reply::ok();
}

bool is_deletion(std::string_view subcommand) {
  return subcommand[0] == 'd' || subcommand[0] == 'D';
}

/// The other end of a migration: a master we know.
struct Peer {
  Node* node = nullptr;
  Reply error;
};
Peer find_peer(const Context& c, std::string_view id, std::string_view unknown) {
  Node* node = c.state.find(id);
  if (node == nullptr) return {nullptr, Reply::error(fmt::format("{} {}", unknown, id))};
  if (node->is_replica()) return {nullptr, Reply::error("Target node is not a master")};
  return {node, {}};
}

/// SETSLOT NODE: the end of a migration, on the source, the target, or anybody.
std::optional<Reply> give_slot(Context& c, int slot, Node& node) {
  State& s = c.state;
  const bool was_mine = s.owner[slot] == s.myself;
  const std::size_t keys = c.host.keys_in_slot(slot);
  if (was_mine && !c.is_me(&node) && keys != 0)
    return Reply::error(fmt::format(
        "Can't assign hashslot {} to a different node while I still hold keys for this hash slot.", slot));
  if (keys == 0) s.migrating.erase(slot);
  ownership::unassign(c, slot);
  ownership::assign(c, slot, node);
  s.unclaimed_by_owner.clear(slot);
  if (was_mine && !c.is_me(&node) && c.me().slot_count == 0 && c.config.allow_replica_migration) {
    c.log(LogLevel::kWarning, "Configuration change detected. Reconfiguring myself as a replica of {}",
          node.id.view());
    ownership::follow(c, node);
  }
  if (c.is_me(&node) && s.importing_from(slot) != nullptr) {
    // A greater epoch makes the new claim win everywhere, without a vote: the administrator has decided.
    if (ownership::bump_epoch(c))
      c.log(LogLevel::kWarning, "configEpoch updated after importing slot {}", slot);
    s.importing.erase(slot);
    bus::broadcast_pong(c, bus::Audience::kAll);
  }
  return std::nullopt;
}

}  // namespace

Reply change_slots(Context& c, Arguments argv) {
  for (std::string_view text : argv.subspan(2))
    if (!parse_slot(text)) return invalid_slot();
  Chosen chosen;
  for (std::string_view text : argv.subspan(2))
    if (auto error = choose(c, *parse_slot(text), is_deletion(argv[1]), chosen)) return *error;
  return apply(c, chosen, is_deletion(argv[1]));
}

Reply change_slot_ranges(Context& c, Arguments argv) {
  const bool del = is_deletion(argv[1]);
  if (argv.size() % 2 == 1)
    return Reply::error(fmt::format("wrong number of arguments for 'cluster|{}' command",
                                    del ? "delslotsrange" : "addslotsrange"));
  Chosen chosen;
  for (std::size_t i = 2; i < argv.size(); i += 2) {
    const auto first = parse_slot(argv[i]), last = parse_slot(argv[i + 1]);
    if (!first || !last) return invalid_slot();
    if (*first > *last)
      return Reply::error(
          fmt::format("start slot number {} is greater than end slot number {}", *first, *last));
    for (int slot = *first; slot <= *last; ++slot)
      if (auto error = choose(c, slot, del, chosen)) return *error;
  }
  return apply(c, chosen, del);
}

Reply flush_slots(Context& c) {
  if (c.host.key_count() != 0) return Reply::error("DB must be empty to perform CLUSTER FLUSHSLOTS.");
  ownership::unassign_all(c, c.me());
  c.update_soon();
  c.save_soon();
  return Reply::ok();
}

Reply set_slot(Context& c, Arguments argv) {
  State& s = c.state;
  if (c.me().is_replica()) return Reply::error("Please use SETSLOT only with masters.");
  const auto slot = parse_slot(argv[2]);
  if (!slot) return invalid_slot();
  const auto is = [&argv](std::string_view action, std::size_t count) {
    return equals_ignoring_case(argv[3], action) && argv.size() == count;
  };
  if (is("migrating", 5)) {
    if (s.owner[*slot] != s.myself)
      return Reply::error(fmt::format("I'm not the owner of hash slot {}", *slot));
    const Peer target = find_peer(c, argv[4], "I don't know about node");
    if (target.node == nullptr) return target.error;
    s.migrating[*slot] = target.node;
  } else if (is("importing", 5)) {
    if (s.owner[*slot] == s.myself)
      return Reply::error(fmt::format("I'm already the owner of hash slot {}", *slot));
    const Peer source = find_peer(c, argv[4], "I don't know about node");
    if (source.node == nullptr) return source.error;
    s.importing[*slot] = source.node;
  } else if (is("stable", 4)) {
    s.importing.erase(*slot);
    s.migrating.erase(*slot);
  } else if (is("node", 5)) {
    const Peer owner = find_peer(c, argv[4], "Unknown node");
    if (owner.node == nullptr) return owner.error;
    if (auto error = give_slot(c, *slot, *owner.node)) return *error;
  } else {
    return Reply::error("Invalid CLUSTER SETSLOT action or number of arguments. Try CLUSTER HELP");
  }
  c.save_soon();
  c.update_soon();
  return Reply::ok();
}

Reply count_keys_in_slot(Context& c, std::string_view text) {
  const auto slot = parse_integer(text);
  if (!slot) return Reply::error("value is not an integer or out of range");
  if (*slot < 0 || *slot >= kSlotCount) return Reply::error("Invalid slot");
  return Reply::number(static_cast<std::int64_t>(c.host.keys_in_slot(static_cast<int>(*slot))));
}

Reply keys_in_slot(Context& c, std::string_view slot_text, std::string_view count_text) {
  const auto slot = parse_integer(slot_text), count = parse_integer(count_text);
  if (!slot || !count) return Reply::error("value is not an integer or out of range");
  if (*slot < 0 || *slot >= kSlotCount || *count < 0) return Reply::error("Invalid slot or number of keys");
  Reply list = Reply::array();
  for (std::string& key : c.host.some_keys_in_slot(static_cast<int>(*slot), static_cast<std::size_t>(*count)))
    list.items.push_back(Reply::bulk(std::move(key)));
  return list;
}

}  // namespace node::cluster

#include "server/cluster/invariants.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace node::cluster {
namespace {

std::uint64_t number_after(std::string_view text, std::string_view name) {
  const std::size_t at = text.rfind(name);
  std::uint64_t value = 0;
  if (at == std::string_view::npos) return 0;
  std::from_chars(text.data() + at + name.size(), text.data() + text.size(), value);
  return value;
}

std::optional<std::string> check_node(const State& state, const Node& node) {
  const std::string_view id = node.id.view();
  if (node.slots.count() != node.slot_count) return fmt::format("{} miscounts its slots", id);
  if (node.is_replica() && node.slot_count != 0) return fmt::format("replica {} owns slots", id);
  if (node.is_replica() && node.is_master()) return fmt::format("{} is master and replica", id);
  if (node.config_epoch > state.current_epoch)
    return fmt::format("config epoch {} of {} is above the current epoch {}", node.config_epoch, id,
                       state.current_epoch);
  if (node.master != nullptr) {
    const auto& siblings = node.master->replicas;
    if (std::count(siblings.begin(), siblings.end(), &node) != 1)
      return fmt::format("{} is not among its master's", id);
  }
  for (const Node* replica : node.replicas)
    if (replica->master != &node) return fmt::format("{} has a replica of another master", id);
  return std::nullopt;
}

/// One line that two nodes must agree about.
std::string role_of(const Node& node) {
  return node.is_replica() ? fmt::format("replica of {}", node.master ? node.master->id.view() : "nobody")
                           : fmt::format("master under epoch {}", node.config_epoch);
}

std::optional<std::string> check_well(const State& state) {
  const std::string_view me = state.myself->id.view();
  if (!state.ok) return fmt::format("{} says the cluster is down", me);
  std::set<std::uint64_t> epochs;
  for (const auto& node : state.nodes()) {
    if (node->has(flag::kPfail | flag::kFail | flag::kHandshake | flag::kNoAddr))
      return fmt::format("{} still suspects or does not know {}", me, node->id.view());
    if (node->is_replica() && node->master != nullptr && node->master->is_replica())
      return fmt::format("{} follows a replica", node->id.view());
    if (node->is_master() && node->slot_count > 0 && !epochs.insert(node->config_epoch).second)
      return fmt::format("two masters have epoch {}", node->config_epoch);
  }
  for (int slot = 0; slot < kSlotCount; ++slot)
    if (state.owner[slot] == nullptr) return fmt::format("{} knows no owner of slot {}", me, slot);
  return std::nullopt;
}

std::optional<std::string> check_agree(const State& a, const State& b) {
  if (a.nodes().size() != b.nodes().size()) return "different numbers of nodes are known";
  for (const auto& node : a.nodes()) {
    const Node* other = b.find(node->id);
    if (other == nullptr) return fmt::format("{} is not known everywhere", node->id.view());
    if (role_of(*node) != role_of(*other))
      return fmt::format("{} is {} for {} and {} for {}", node->id.view(), role_of(*node),
                         a.myself->id.view(), role_of(*other), b.myself->id.view());
    if (node->slots != other->slots)
      return fmt::format("{} and {} differ about the slots of {}", a.myself->id.view(), b.myself->id.view(),
                         node->id.view());
  }
  return std::nullopt;
}

}  // namespace

Durable read_durable(std::string_view nodes_conf) {
  Durable durable{number_after(nodes_conf, "currentEpoch "), number_after(nodes_conf, "lastVoteEpoch "), 0};
  // "<id> <address> myself,master - <ping> <pong> <epoch> ..."
  constexpr std::string_view kMe = " myself,master";
  std::size_t at = nodes_conf.find(kMe);
  for (int field = 0; field < 4 && at != std::string_view::npos; ++field) at = nodes_conf.find(' ', at + 1);
  if (at == std::string_view::npos) return durable;
  std::from_chars(nodes_conf.data() + at + 1, nodes_conf.data() + nodes_conf.size(), durable.config_epoch);
  return durable;
}

std::optional<std::string> check_structure(const State& state) {
  if (state.myself == nullptr || state.find(state.myself->id) != state.myself)
    return "myself is not among the nodes";
  int owned = 0;
  for (int slot = 0; slot < kSlotCount; ++slot) {
    const Node* owner = state.owner[slot];
    if (owner == nullptr) continue;
    ++owned;
    if (!owner->slots.test(slot)) return fmt::format("slot {} is not in its owner's set", slot);
  }
  int counted = 0;
  for (const auto& node : state.nodes()) {
    counted += node->slot_count;
    if (auto wrong = check_node(state, *node)) return wrong;
  }
  if (owned != counted) return fmt::format("{} slots have owners, nodes count {}", owned, counted);
  return std::nullopt;
}

void Watch::fail(std::string text) {
  if (!violation_ && !blind_) violation_ = std::move(text);
}

void Watch::check_not_back(const NodeId& id, std::string_view what, std::uint64_t before,
                           std::uint64_t after) {
  if (after < before) fail(fmt::format("{} of {} went back from {} to {}", what, id.view(), before, after));
}

void Watch::observe(const State& state) {
  const Node& me = *state.myself;
  const auto [entry, fresh] = seen_.try_emplace(me.id);
  Seen& seen = entry->second;
  check_not_back(me.id, "currentEpoch", seen.current_epoch, state.current_epoch);
  check_not_back(me.id, "lastVoteEpoch", seen.vote_epoch, state.last_vote_epoch);
  seen.current_epoch = state.current_epoch;
  seen.vote_epoch = state.last_vote_epoch;
  const bool was_master = std::exchange(seen.master, me.is_master());
  if (!me.is_master()) {
    seen.slots = SlotSet{};
    return;
  }
  check_not_back(me.id, "configEpoch", seen.config_epoch, me.config_epoch);
  const bool new_epoch = me.config_epoch != seen.config_epoch;
  if (new_epoch) {
    seen.config_epoch = me.config_epoch;
    seen.elected = !fresh && !was_master && !std::exchange(seen.takeover, false);
    if (seen.elected) {
      const auto [winner, first] = winners_.try_emplace(me.config_epoch, me.id);
      if (!first && winner->second != me.id && !takeovers_)
        fail(
            fmt::format("{} and {} both won epoch {}", me.id.view(), winner->second.view(), me.config_epoch));
    }
  }
  if (!new_epoch && seen.slots == me.slots) return;
  seen.slots = me.slots;
  check_claims(me.id, seen);
}

void Watch::check_claims(const NodeId& id, const Seen& seen) {
  std::vector<Claim>& claims = claims_[seen.config_epoch];
  Claim* own = nullptr;
  for (Claim& claim : claims) {
    if (claim.node == id) {
      own = &claim;
    } else if (claim.elected && seen.elected && !takeovers_) {
      seen.slots.for_each([&](int slot) {
        if (claim.slots.test(slot))
          fail(fmt::format("{} and {} both own slot {} in epoch {}", id.view(), claim.node.view(), slot,
                           seen.config_epoch));
      });
    }
  }
  if (own == nullptr) {
    claims.push_back({id, seen.slots, seen.elected});
  } else {
    seen.slots.for_each([own](int slot) { own->slots.set(slot); });
  }
}

void Watch::on_send(std::string_view bytes, const Durable& durable, const NodeId& receiver) {
  // Only the few fields of interest: a whole decode of every message would be most of the simulation's time.
  const auto u64 = [bytes](std::size_t at) {
    std::uint64_t value = 0;
    for (std::size_t i = at; i < at + 8; ++i) value = value << 8 | static_cast<std::uint8_t>(bytes[i]);
    return value;
  };
  const std::uint64_t epoch = u64(16), claim = u64(24);
  const NodeId sender = NodeId::from_bytes(bytes.substr(40, NodeId::kLength));
  const int type = static_cast<std::uint8_t>(bytes[12]) << 8 | static_cast<std::uint8_t>(bytes[13]);
  const bool master = (static_cast<std::uint8_t>(bytes[2251]) & flag::kMaster) != 0;
  if (type == static_cast<int>(MessageType::kAuthRequest) && epoch > durable.current_epoch)
    fail(fmt::format("{} asks for votes in epoch {} and would not remember it", sender.view(), epoch));
  if (master && claim > durable.config_epoch)
    fail(fmt::format("{} claims slots in epoch {} and would not remember it", sender.view(), claim));
  if (type != static_cast<int>(MessageType::kAuthAck)) return;
  if (epoch > durable.last_vote_epoch)
    fail(fmt::format("{} votes in epoch {} and would not remember it", sender.view(), epoch));
  const auto [vote, first] = votes_.try_emplace({sender, epoch}, receiver);
  if (!first) fail(fmt::format("{} voted twice in epoch {}", sender.view(), epoch));
}

void Watch::on_power_cut(const NodeId& node, const Durable& durable) {
  seen_[node].current_epoch = durable.current_epoch;
}

void Watch::on_takeover(const NodeId& node) {
  seen_[node].takeover = true;
  takeovers_ = true;
}

void Watch::forget(const NodeId& node) {
  seen_.erase(node);
}

std::optional<std::string> check_converged(const std::vector<const State*>& states) {
  for (const State* state : states) {
    if (auto wrong = check_well(*state)) return wrong;
    if (auto wrong = check_agree(*states.front(), *state)) return wrong;
  }
  return std::nullopt;
}

}  // namespace node::cluster

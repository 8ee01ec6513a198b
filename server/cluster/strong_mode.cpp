#include "server/cluster/strong_mode.h"

#include <algorithm>
#include <set>

#include "server/cluster/bus.h"
#include "server/cluster/command.h"
#include "server/cluster/election.h"
#include "server/cluster/ownership.h"

namespace node::cluster::strong_mode {
namespace {

constexpr Ms kLeastGrant = 500;
constexpr Ms kFoundingDelay = 2000;  // while a cluster is put together, masters come and go

/// What a lease may last and a copy may lag: over before the cluster calls a silent node failed.
Ms half_timeout(const Context& c) {
  return std::max(c.config.node_timeout / 2, kLeastGrant);
}

/// Those who are to be the electors, once all slots have an owner, no two owners an epoch, and everybody is
/// well and speaks strong.
std::vector<NodeId> founders(const Context& c) {
  std::vector<NodeId> masters;
  std::set<std::uint64_t> epochs;
  int covered = 0;
  for (const auto& node : c.state.nodes()) {
    if (node->has(flag::kHandshake | flag::kPfail | flag::kFail) || !c.strong->speaks(node->id)) return {};
    if (!node->is_master() || node->slot_count == 0) continue;
    covered += node->slot_count;
    masters.push_back(node->id);
    if (!epochs.insert(node->config_epoch).second) return {};
  }
  return covered == kSlotCount ? masters : std::vector<NodeId>{};
}

/// An elector accepts a set once and for all: only one that stays as it is.
void found(Context& c) {
  std::vector<NodeId> masters = founders(c);
  if (masters != c.founders) {
    c.founders = std::move(masters);
    c.founders_since = c.now;
  } else if (!masters.empty() && c.now - c.founders_since >= kFoundingDelay) {
    c.strong->propose(std::move(masters));
  }
}

bool wants_seat(const Context& c) {
  const Node& me = *c.state.myself;
  if (me.is_master()) return me.slot_count > 0;
  if (me.master == nullptr || me.master->slot_count == 0) return false;
  if (c.manual.end != 0 && c.manual.can_start) return true;
  return me.master->failed() && !c.config.replica_no_failover;
}

void send(Context& c, const strong::Outgoing& out) {
  if (out.to == c.me().id) return c.strong->on_message(out.to, out.message, c.now);
  const std::string payload = strong::encode(out.message);
  for (const auto& node : c.state.nodes())
    if ((out.to.none() || node->id == out.to) && !node->has(flag::kMyself | flag::kHandshake))
      bus::send_module(c, node->link, strong::kModuleId, payload);
}

void on_seated(Context& c, std::uint64_t epoch) {
  Node& me = c.me();
  ownership::learn_epoch(c, epoch);
  me.config_epoch = std::max(me.config_epoch, epoch);
  c.served_strongly = true;
  c.update_soon();
  c.save_synced();
  if (me.is_replica()) {
    c.log(LogLevel::kWarning, "Failover election won: I'm the new master.");
    c.log(LogLevel::kWarning, "configEpoch set to {} after successful failover", epoch);
    return election::replace_master(c);
  }
  c.log(LogLevel::kWarning, "strong mode: the seat of this shard is mine, configEpoch set to {}", epoch);
  bus::broadcast_pong(c, bus::Audience::kAll);
}

void on_event(Context& c, const strong::Event& event) {
  using Kind = strong::Event::Kind;
  switch (event.kind) {
    case Kind::kNote:
      return c.log(LogLevel::kNotice, "{}", event.text);
    case Kind::kGranted:
      ownership::learn_epoch(c, event.epoch);
      c.state.last_vote_epoch = std::max(c.state.last_vote_epoch, event.epoch);
      c.save_synced();
      return c.log(LogLevel::kWarning, "Failover auth granted to {} for epoch {}", event.node.view(),
                   event.epoch);
    case Kind::kSeated:
      return on_seated(c, event.epoch);
    case Kind::kDeposed:
      c.log(LogLevel::kWarning, "strong mode: the seat of epoch {} is lost", event.epoch);
      c.actions.push_back(DropAnswers{});
  }
}

}  // namespace

void begin(Context& c) {
  c.strong.reset();
  if (!c.config.strong) return;
  c.strong = std::make_unique<strong::Strong>(c.me().id, c.prng.next());
  c.served_strongly = false;
  c.strong->settings() = {half_timeout(c), half_timeout(c), c.config.defects};
  auto durable = strong::Durable::parse(c.state.strong);
  c.strong->start(durable.value_or(strong::Durable{}), false, c.now);
}

void advance(Context& c) {
  if (!c.strong) return;
  c.strong->hear_epoch(c.state.current_epoch);
  const Node& me = c.me();
  if (me.is_master() && c.strong->durable().electors.empty()) found(c);
  if (me.is_replica() && me.master != nullptr)
    if (const NodeId shard = c.strong->shard_of(me.master->id); !shard.none()) c.strong->join(shard);
  const bool yields = me.is_master() && c.manual.replica != nullptr;
  c.strong->on_tick(c.now, wants_seat(c), c.host.replication_offset(), yields);
}

void on_module(Context& c, const Node& sender, const ModuleBody& body) {
  if (!c.strong || body.module_id != strong::kModuleId) return;
  if (const auto message = strong::decode(body.payload)) c.strong->on_message(sender.id, *message, c.now);
}

void collect(Context& c) {
  while (c.strong) {
    const strong::Output out = c.strong->drain();
    if (out.empty()) return;
    if (out.durable) {
      c.state.strong = *out.durable;
      c.save_synced();
    }
    for (const strong::Event& event : out.events) on_event(c, event);
    for (const strong::Outgoing& message : out.messages) send(c, message);
  }
}

void begin_life(Context& c) {
  c.strong->new_life();
  c.state.strong = c.strong->durable().text();
  c.save_synced();
}

bool founded(const Context& c) {
  return c.strong && !c.strong->durable().electors.empty();
}

bool ready(const Context& c) {
  if (!c.strong) return true;
  const bool has_seat_to_take = c.state.myself->is_master() && c.state.myself->slot_count > 0;
  return c.strong->founded() && (!has_seat_to_take || c.served_strongly);
}

std::string_view refusal(const Context& c, std::span<const std::string_view> argv) {
  if (!founded(c)) return {};
  constexpr std::string_view kNever[] = {"addslots",   "addslotsrange", "delslots",  "delslotsrange",
                                         "flushslots", "setslot",       "bumpepoch", "set-config-epoch"};
  const auto is = [&](std::size_t word, std::string_view name) {
    return argv.size() > word && equals_ignoring_case(argv[word], name);
  };
  if (std::any_of(std::begin(kNever), std::end(kNever), [&](std::string_view name) { return is(1, name); }))
    return "Slots and epochs of a strong cluster do not change by command (cluster-strong yes)";
  if (is(1, "failover") && is(2, "takeover"))
    return "A strong cluster has no takeover: a master is made by a majority (cluster-strong yes)";
  if (is(1, "reset") && !is(2, "hard"))
    return "A strong node can be reset as a new one only: CLUSTER RESET HARD (cluster-strong yes)";
  return {};
}

std::string info_lines(const Context& c) {
  if (!c.strong) return {};
  const strong::Strong& s = *c.strong;
  return fmt::format(
      "cluster_strong_founded:{}\r\ncluster_strong_seat_epoch:{}\r\ncluster_strong_in_sync_copies:{}\r\n"
      "cluster_strong_lease_ms:{}\r\n",
      s.founded() ? 1 : 0, s.epoch(), s.copies(), s.lease_left(c.now));
}

}  // namespace node::cluster::strong_mode

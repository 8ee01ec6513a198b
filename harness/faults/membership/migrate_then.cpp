#include "harness/faults/membership/migrate_then.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/core/wait.h"
#include "harness/faults/common/administration.h"
#include "harness/faults/common/target.h"
#include "harness/faults/process/restart.h"

namespace harness {
namespace {

enum class Stage : std::uint8_t { kImporting, kMigrating, kKeys, kNodeAtTarget };
enum class Victim : std::uint8_t { kSource, kTarget, kSourceReplica, kTargetReplica };

constexpr std::chrono::seconds kClosePatience(60);
constexpr std::chrono::milliseconds kBetweenTries(100);

/// The place of the word among the choices: their order is that of the enumeration.
template <typename Choice>
Choice chosen(const Parameters& with, std::string_view name, std::span<const std::string_view> words) {
  return static_cast<Choice>(std::ranges::find(words, with.text(name)) - words.begin());
}

struct Migration {
  int slot = 0;
  int from = 0;
  int to = 0;
  Stage stage = Stage::kKeys;
  int keys = 1;
};

/// Of the slots that the node serves: how many keys each holds.
std::vector<std::pair<int, std::int64_t>> keys_in(const Node& node, const std::vector<int>& slots,
                                                  std::string& problem) {
  auto connection = node.connect({std::chrono::seconds(1), std::chrono::seconds(10)});
  std::vector<std::pair<int, std::int64_t>> held;
  if (!connection) problem = connection.error().text;
  if (!connection) return held;
  std::vector<Command> commands;
  for (const int slot : slots) commands.push_back({"CLUSTER", "COUNTKEYSINSLOT", std::to_string(slot)});
  const auto replies = connection->pipeline(commands);
  if (!replies) problem = replies.error().text;
  for (std::size_t i = 0; replies && i < slots.size(); ++i)
    held.emplace_back(slots[i], (*replies)[i].integer);
  return held;
}

/// The slots to move, the one to be left half-way last: it is the fullest, unless the plan names it.
std::vector<int> slots_to_move(FaultContext& context, const FaultRequest& request, int from,
                               std::string& problem) {
  std::vector<int> all = slots_of(context.cluster.look(), from);
  if (all.empty()) problem = context.cluster.node(from).name() + " serves no slots";
  if (all.empty()) return {};
  int last = request.with.has("slot") ? static_cast<int>(request.with.integer("slot")) : -1;
  if (last < 0) {
    const auto held = keys_in(context.cluster.node(from), all, problem);
    if (held.empty()) return {};
    last = std::ranges::max_element(held, {}, &std::pair<int, std::int64_t>::second)->first;
  }
  if (std::ranges::find(all, last) == all.end())
    problem = fmt::format("{} does not serve slot {}", context.cluster.node(from).name(), last);
  if (!problem.empty()) return {};
  std::erase(all, last);
  const auto before = static_cast<std::size_t>(request.with.integer("slots") - 1);
  std::vector<int> slots(all.begin(),
                         all.begin() + static_cast<std::ptrdiff_t>(std::min(before, all.size())));
  slots.push_back(last);
  return slots;
}

/// Moves so many keys (negative: all) of the slot; how many it were.
int move_keys(FaultContext& context, const Migration& migration, int wanted, std::string& problem) {
  const Node& source = context.cluster.node(migration.from);
  const Node& target = context.cluster.node(migration.to);
  int moved = 0;
  while (wanted < 0 || moved < wanted) {
    const int ask = wanted < 0 ? 100 : std::min(wanted - moved, 100);
    const auto keys = tell(
        source, {"CLUSTER", "GETKEYSINSLOT", std::to_string(migration.slot), std::to_string(ask)}, problem);
    if (!keys || keys->elements.empty()) return moved;
    Command command = {"MIGRATE", target.ip(), std::to_string(target.port()), "", "0", "5000",
                       "REPLACE", "KEYS"};
    for (const Reply& key : keys->elements) command.push_back(key.text);
    if (!tell(source, command, problem, std::chrono::seconds(10))) return moved;
    moved += static_cast<int>(keys->elements.size());
  }
  return moved;
}

bool set_slot(FaultContext& context, int node, int slot, const char* word, const std::string& id,
              std::string& problem) {
  return tell(context.cluster.node(node), {"CLUSTER", "SETSLOT", std::to_string(slot), word, id}, problem)
      .has_value();
}

/// Brings the last slot to its stage. False with the reason.
bool reach_stage(FaultContext& context, const Migration& migration, FaultRecord& record) {
  const Roles roles = context.cluster.look();
  const std::string from = id_of(context.cluster, roles, migration.from);
  const std::string to = id_of(context.cluster, roles, migration.to);
  std::string& problem = record.error;
  if (!set_slot(context, migration.to, migration.slot, "IMPORTING", from, problem)) return false;
  if (migration.stage == Stage::kImporting) return true;
  if (!set_slot(context, migration.from, migration.slot, "MIGRATING", to, problem)) return false;
  if (migration.stage == Stage::kMigrating) return true;
  const bool all = migration.stage == Stage::kNodeAtTarget;
  const int moved = move_keys(context, migration, all ? -1 : migration.keys, problem);
  record.evidence = fmt::format("{} keys of slot {} have moved", moved, migration.slot);
  if (problem.empty() && !all && moved == 0)
    problem = fmt::format("slot {} holds no key that could be moved", migration.slot);
  if (!problem.empty()) return false;
  return !all || set_slot(context, migration.to, migration.slot, "NODE", to, problem);
}

/// The node that the blow is for; nothing when the shard has no replica.
std::optional<int> victim_of(FaultContext& context, const Migration& migration, Victim who,
                             std::string& problem) {
  if (who == Victim::kSource) return migration.from;
  if (who == Victim::kTarget) return migration.to;
  const int master = who == Victim::kSourceReplica ? migration.from : migration.to;
  const std::vector<int> replicas = context.cluster.look().replicas_of(master);
  if (replicas.empty()) problem = fmt::format("n{} has no replica", master + 1);
  if (replicas.empty()) return std::nullopt;
  return context.prng.pick(std::span<const int>(replicas));
}

/// The master of the shard that the node belongs to now; nothing while that cannot be seen.
std::optional<int> master_now(const Cluster& cluster, const Roles& roles, int node) {
  const TopologyNode* self = roles.view(node).topology.myself();
  if (!self) return std::nullopt;
  if (self->is(kFlagMaster)) return node;
  for (int other = 0; other < cluster.size(); ++other)
    if (roles.reachable(other) && id_of(cluster, roles, other) == self->master_id) return other;
  return std::nullopt;
}

/// Nothing when all members name one owner of the slot.
std::optional<std::string> why_not_agreed(const Roles& roles, int slot) {
  std::string owner;
  for (const int member : members(roles)) {
    const TopologyNode* named = roles.view(member).topology.owner_of(slot);
    if (!named) return fmt::format("n{} knows no owner of slot {}", member + 1, slot);
    if (owner.empty()) owner = named->id;
    if (owner != named->id) return fmt::format("n{} has another owner of slot {}", member + 1, slot);
  }
  if (owner.empty()) return "no member can be asked";
  return std::nullopt;
}

/// Nothing when no node has the slot open, either.
std::optional<std::string> why_not_closed(const Roles& roles, int slot) {
  for (const int member : members(roles)) {
    const TopologyNode* self = roles.view(member).topology.myself();
    for (const auto* open : {&self->migrating, &self->importing})
      if (std::ranges::find(*open, slot) != open->end())
        return fmt::format("n{} has slot {} open", member + 1, slot);
  }
  return why_not_agreed(roles, slot);
}

/// The one master that claims the slot; nothing while none does, or two: one that was replaced and does not
/// know it yet.
std::optional<int> sole_claimant(const Roles& roles, int slot) {
  std::optional<int> found;
  for (const int member : members(roles)) {
    const TopologyNode* self = roles.view(member).topology.myself();
    const bool claims =
        std::ranges::any_of(self->slots, [&](const SlotRange& r) { return r.contains(slot); });
    if (claims && found) return std::nullopt;
    if (claims) found = member;
  }
  return found;
}

/// A node that has the slot open learns of no new owner by gossip (redis's clusterUpdateSlotsConfigWith
/// leaves importing slots alone), and calls the cluster down when it has lost the old one. It is told.
void tell_owner(FaultContext& context, const Roles& roles, int slot, int owner) {
  const std::string id = id_of(context.cluster, roles, owner);
  for (const int member : members(roles)) {
    const TopologyNode* named = roles.view(member).topology.owner_of(slot);
    std::string ignored;  // asked again at the next try
    if (member != owner && (!named || named->id != id)) set_slot(context, member, slot, "NODE", id, ignored);
  }
}

/// One try to close the slot, from whatever became of it. While a master that was replaced still takes itself
/// for the owner, nobody moves the keys that it has: they are not those of its heir.
void close_once(FaultContext& context, const Migration& planned, std::string& problem) {
  Roles roles = context.cluster.look();
  if (const auto claimant = sole_claimant(roles, planned.slot)) {
    tell_owner(context, roles, planned.slot, *claimant);
    roles = context.cluster.look();
  }
  problem = why_not_agreed(roles, planned.slot).value_or("");
  if (!problem.empty()) return;
  const auto owner = roles.master_of_slot(planned.slot);
  const auto wanted = master_now(context.cluster, roles, planned.to);
  if (!owner || !wanted) problem = "the owner of the slot, or its target, cannot be seen";
  if (!problem.empty()) return;
  Migration rest = planned;
  rest.from = *owner;
  rest.to = *wanted;
  const std::string to = id_of(context.cluster, roles, rest.to);
  if (rest.from != rest.to) {
    if (!set_slot(context, rest.to, rest.slot, "IMPORTING", id_of(context.cluster, roles, rest.from),
                  problem) ||
        !set_slot(context, rest.from, rest.slot, "MIGRATING", to, problem))
      return;
    move_keys(context, rest, -1, problem);
    if (!problem.empty() || !set_slot(context, rest.to, rest.slot, "NODE", to, problem)) return;
  }
  for (const int master : roles.masters()) {
    std::string ignored;  // those that cannot be told hear it by gossip
    set_slot(context, master, rest.slot, "NODE", to, ignored);
    tell(context.cluster.node(master), {"CLUSTER", "SETSLOT", std::to_string(rest.slot), "STABLE"}, ignored);
  }
}

bool close_slot(FaultContext& context, const Migration& migration, std::string& problem) {
  return wait_for(
      kClosePatience,
      [&] {
        problem = why_not_closed(context.cluster.look(), migration.slot).value_or("");
        if (problem.empty()) return true;
        std::string trouble;
        close_once(context, migration, trouble);
        if (!trouble.empty()) problem += " (" + trouble + ")";
        return false;
      },
      kBetweenTries);
}

/// The blow in force, and the slot that is open.
class HalfWay final : public ActiveFault {
 public:
  HalfWay(FaultContext context, Migration migration, int victim)
      : context_(std::move(context)), migration_(migration), victim_(victim) {
    context_.stopped = [] { return false; };  // healing is what a run that is stopped waits for
  }
  ~HalfWay() override {
    std::string ignored;  // unwinding: the blow heals itself, one try is all for the slot
    if (!healed_) close_once(context_, migration_, ignored);
  }

  void strike(std::unique_ptr<ActiveFault> blow) { blow_ = std::move(blow); }

  void heal(FaultRecord& record) override {
    if (healed_) return;
    healed_ = true;
    record.heal_requested = context_.clock.now();
    FaultRecord end;
    end.heals = blow_ != nullptr;
    if (blow_) blow_->heal(end);
    if (!context_.cluster.node(victim_).running()) start_again(end);
    std::string problem = end.error;
    const bool closed = close_slot(context_, migration_, problem);
    if (closed) declare();
    if (closed && end.error.empty())
      record.healed = context_.clock.now();
    else
      record.error = end.error.empty() ? problem : end.error;
  }

 private:
  /// Whose the slot is meant to be from now on: it may have ended where it was, when an heir of the source or
  /// of the target knew nothing of the move.
  void declare() {
    const auto owner = context_.cluster.look().master_of_slot(migration_.slot);
    context_.cluster.change_membership([&](Membership& membership) {
      const int shard = owner ? membership.shard_of(*owner) : -1;
      const bool is_party =
          shard == membership.shard_of(migration_.from) || shard == membership.shard_of(migration_.to);
      if (shard >= 0 && is_party) membership.give({{migration_.slot, migration_.slot}}, shard);
    });
  }

  void start_again(FaultRecord& end) {
    const std::string name = context_.cluster.node(victim_).name();
    inject_restart(context_, {name, Parameters()}, end);
  }

  FaultContext context_;
  const Migration migration_;
  const int victim_;
  std::unique_ptr<ActiveFault> blow_;
  bool healed_ = false;
};

void add_unique(std::vector<int>& nodes, int node) {
  if (std::ranges::find(nodes, node) == nodes.end()) nodes.push_back(node);
}

/// What the blow says of itself belongs into the fault's own record.
void take_over(const FaultRecord& blow, FaultRecord& record) {
  record.effects.insert(record.effects.end(), blow.effects.begin(), blow.effects.end());
  record.sides = blow.sides;
  record.one_way = blow.one_way;
  record.prepared = record.requested;
  record.requested = blow.requested;
  record.active = blow.active;
  record.error = blow.error;
  record.evidence += (record.evidence.empty() ? "" : "; ") + blow.evidence;
}

}  // namespace

std::unique_ptr<ActiveFault> inject_migrate_then(FaultContext& context, const FaultRequest& request,
                                                 FaultRecord& record, std::string_view verb, Blow blow) {
  Node* node = aim_at_one(context, request.target, record);
  if (!node) return nullptr;
  Migration migration;
  migration.from = node->number();
  migration.stage = chosen<Stage>(request.with, "stage", kMigrationStages);
  migration.keys = static_cast<int>(request.with.integer("keys"));
  const auto who = chosen<Victim>(request.with, "who", kMigrationVictims);
  const std::string wanted = request.with.has("to") ? request.with.text("to") : std::string();
  const auto to = other_master(context, context.cluster.look(), migration.from, wanted, record.error);
  if (!to) return nullptr;
  migration.to = *to;
  if (*to == migration.from) record.error = "the slots are there already";
  std::vector<int> slots;
  if (record.error.empty()) slots = slots_to_move(context, request, migration.from, record.error);
  if (!record.error.empty()) return nullptr;
  const auto victim = victim_of(context, migration, who, record.error);
  if (!victim) return nullptr;
  migration.slot = slots.back();
  slots.pop_back();
  record.description =
      fmt::format("move slot {} from n{} to n{}, and {} n{} at the stage {}", migration.slot,
                  migration.from + 1, migration.to + 1, verb, *victim + 1, request.with.text("stage"));
  record.nodes = {*victim};
  add_unique(record.nodes, migration.from);
  add_unique(record.nodes, migration.to);
  record.effects = {membership_effect({migration.from, migration.to}, record.description)};
  record.requested = context.clock.now();
  move_slots(context, slots, migration.from, migration.to, record.error);
  if (!record.error.empty()) return nullptr;
  auto active = std::make_unique<HalfWay>(context, migration, *victim);
  if (!reach_stage(context, migration, record)) return active;
  FaultRecord strike;
  const std::string name = context.cluster.node(*victim).name();
  active->strike(blow(context, {name, Parameters()}, strike));
  take_over(strike, record);
  return active;
}

}  // namespace harness

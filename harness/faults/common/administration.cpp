#include "harness/faults/common/administration.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "harness/core/wait.h"
#include "harness/faults/common/target.h"

namespace harness {
namespace {

constexpr int kKeysAtOnce = 100;
constexpr int kMigrateTimeoutMs = 5000;
constexpr std::chrono::milliseconds kMigratePatience(10'000);
constexpr std::chrono::seconds kMeetPatience(20);
constexpr std::chrono::seconds kEpochPatience(10);

std::string words(const Command& command) {
  std::string text;
  for (std::size_t i = 0; i < std::min<std::size_t>(command.size(), 4); ++i)
    text += (i > 0 ? " " : "") + command[i];
  return text;
}

/// Everybody whose view counts: members that answer, but not this one.
std::vector<int> others(const Roles& roles, int node) {
  std::vector<int> found = members(roles);
  std::erase(found, node);
  return found;
}

/// What the newcomer does not know of the members; empty: it knows them all.
std::string why_not_acquainted(const Cluster& cluster, const Roles& roles, int newcomer,
                               const std::vector<int>& inside) {
  for (const int member : inside) {
    const TopologyNode* seen = roles.view(newcomer).topology.find(id_of(cluster, roles, member));
    if (!seen || seen->is(kFlagHandshake))
      return fmt::format("n{} does not know n{}", newcomer + 1, member + 1);
  }
  return {};
}

/// A reply that is no error; else the problem in words.
std::optional<Reply> accepted(const Node& node, const Command& command, Result<Reply> reply,
                              std::string& problem) {
  if (!reply) {
    problem = fmt::format("{} did not answer {}: {}", node.name(), words(command), reply.error().text);
    return std::nullopt;
  }
  if (!reply->is_error()) return std::move(*reply);
  problem = fmt::format("{} answered {} with {}", node.name(), words(command), reply->text);
  return std::nullopt;
}

/// Connections that are kept from command to command: thousands of slots move by several commands each. All
/// of these may be given twice, so that one whose kept connection was closed is given again on a new one.
class Lines {
 public:
  explicit Lines(Cluster& cluster) : cluster_(cluster) {}

  std::optional<Reply> tell(int number, const Command& command, std::string& problem,
                            std::chrono::milliseconds patience = kPatience) {
    const Node& node = cluster_.node(number);
    if (const auto kept = lines_.find(number); kept != lines_.end()) {
      Result<Reply> reply = call(kept->second, command, patience);
      if (reply || reply.error().kind != ConnectionError::Kind::kClosed)
        return told(number, accepted(node, command, std::move(reply), problem));
      lines_.erase(kept);
    }
    auto opened = node.connect({std::chrono::milliseconds(1000), patience});
    if (!opened) {
      problem = fmt::format("no connection to {}: {}", node.name(), opened.error().text);
      return std::nullopt;
    }
    Connection& line = lines_.emplace(number, std::move(*opened)).first->second;
    return told(number, accepted(node, command, call(line, command, patience), problem));
  }

 private:
  static Result<Reply> call(Connection& line, const Command& command, std::chrono::milliseconds patience) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    if (auto error = line.send({command})) return *error;
    auto replies = line.receive(1, deadline);
    if (!replies) return replies.error();
    return std::move(replies->front());
  }
  /// After trouble a connection is closed for good.
  std::optional<Reply> told(int number, std::optional<Reply> reply) {
    if (const auto line = lines_.find(number); line != lines_.end() && !line->second.is_open())
      lines_.erase(line);
    return reply;
  }

  static constexpr std::chrono::milliseconds kPatience{5000};
  Cluster& cluster_;
  std::map<int, Connection> lines_;
};

/// A slot's move from one node to another, and what it needs.
struct Move {
  FaultContext& context;
  const Roles& roles;
  Lines& lines;
  int from;
  int to;
};

/// MIGRATE of some keys. A node that is slow to answer is asked again: what was moved is moved.
bool migrate(const Move& move, const std::vector<Reply>& keys, std::string& problem) {
  const Node& target = move.context.cluster.node(move.to);
  Command command = {"MIGRATE", target.ip(), std::to_string(target.port()),
                     "",        "0",         std::to_string(kMigrateTimeoutMs),
                     "KEYS"};
  for (const Reply& key : keys) command.push_back(key.text);
  // OK, or NOKEY: expired since
  return move.lines.tell(move.from, command, problem, kMigratePatience).has_value();
}

bool empty_slot(const Move& move, int slot, std::string& problem) {
  for (;;) {
    const auto keys = move.lines.tell(
        move.from, {"CLUSTER", "GETKEYSINSLOT", std::to_string(slot), std::to_string(kKeysAtOnce)}, problem);
    if (!keys) return false;
    if (keys->elements.empty()) return true;
    if (!migrate(move, keys->elements, problem)) return false;
  }
}

/// The target takes an epoch of its own to outbid the source's. Before it has heard of the source's, it could
/// take the same one: then it depends on the order of messages who owns the slot in whose eyes, and nobody
/// may in the end (Redis resolves such collisions only by the node ids; PROMISES.md, row 11).
bool await_epoch(FaultContext& context, int from, int to, std::string& problem) {
  const auto info_of = [&](int node) -> std::optional<ClusterInfo> {
    const auto info = tell(context.cluster.node(node), {"CLUSTER", "INFO"}, problem);
    if (!info) return std::nullopt;
    return parse_cluster_info(info->text);
  };
  const auto source = info_of(from);
  if (!source) return false;
  const bool heard = wait_for(
      kEpochPatience,
      [&] {
        const auto target = info_of(to);
        return (target && target->current_epoch >= source->my_epoch) || context.stopped();
      },
      std::chrono::milliseconds(10));
  if (heard)
    problem.clear();  // an attempt that was not answered is mended
  else if (problem.empty())
    problem = fmt::format("n{} has not heard of n{}'s epoch {}", to + 1, from + 1, source->my_epoch);
  return heard;
}

/// The new owner first: were it the source, the slot would be nobody's for a moment.
bool assign_slot(const Move& move, int slot, std::string& problem) {
  const Command command = {"CLUSTER", "SETSLOT", std::to_string(slot), "NODE",
                           id_of(move.context.cluster, move.roles, move.to)};
  if (!move.lines.tell(move.to, command, problem)) return false;
  // A source that gave its last slot away may have become a replica of the target by gossip: it is told
  // already.
  std::string trouble;
  const bool told = move.lines.tell(move.from, command, trouble).has_value();
  if (!told && trouble.find("only with masters") == std::string::npos) {
    problem = trouble;
    return false;
  }
  for (const int node : move.roles.masters()) {
    std::string ignored;  // gossip tells those that cannot be told
    if (node != move.from && node != move.to) move.lines.tell(node, command, ignored);
  }
  return true;
}

/// As redis-cli does: IMPORTING, MIGRATING, MIGRATE until it is empty, then its new owner is told to the
/// target, the source and every other master. False with the reason; a slot left half-way is made stable
/// again where it stands.
bool move_slot(const Move& move, int slot, std::string& problem) {
  const Cluster& cluster = move.context.cluster;
  const std::string number = std::to_string(slot);
  const Command importing = {"CLUSTER", "SETSLOT", number, "IMPORTING",
                             id_of(cluster, move.roles, move.from)};
  const Command migrating = {"CLUSTER", "SETSLOT", number, "MIGRATING", id_of(cluster, move.roles, move.to)};
  if (move.lines.tell(move.to, importing, problem) && move.lines.tell(move.from, migrating, problem) &&
      empty_slot(move, slot, problem) && assign_slot(move, slot, problem))
    return true;
  for (const int node : {move.from, move.to}) {
    std::string ignored;  // the first trouble is the one that counts
    move.lines.tell(node, {"CLUSTER", "SETSLOT", number, "STABLE"}, ignored);
  }
  return false;
}

}  // namespace

std::optional<Reply> tell(const Node& node, const Command& command, std::string& problem,
                          std::chrono::milliseconds patience) {
  auto connection = node.connect({std::chrono::milliseconds(1000), patience});
  if (!connection) {
    problem = fmt::format("no connection to {}: {}", node.name(), connection.error().text);
    return std::nullopt;
  }
  return accepted(node, command, connection->call(command), problem);
}

std::string id_of(const Cluster& cluster, const Roles& roles, int node) {
  const TopologyNode* self = roles.view(node).topology.myself();
  return self ? self->id : cluster.infos()[static_cast<std::size_t>(node)].id;
}

bool verify_by_views(FaultContext& context, FaultRecord& record, std::chrono::milliseconds patience,
                     const std::function<std::optional<std::string>(const Roles&)>& why_not) {
  std::string missing;
  const bool seen = wait_for(
      patience,
      [&] {
        missing = why_not(context.cluster.look()).value_or("");
        return missing.empty() || context.stopped();
      },
      std::chrono::milliseconds(20));
  if (seen && missing.empty())
    record.active = context.clock.now();
  else
    record.error = "not seen to take effect: " + missing;
  return record.verified_active();
}

std::optional<std::string> why_not_known(const Cluster& cluster, const Roles& roles, int node, bool known) {
  const std::string id = id_of(cluster, roles, node);
  for (const int member : others(roles, node)) {
    const TopologyNode* seen = roles.view(member).topology.find(id);
    const bool listed = seen && !seen->is(kFlagHandshake) && !seen->is(kFlagNoAddress);
    if (listed != known)
      return fmt::format("n{} {} n{}", member + 1, known ? "does not know" : "still knows", node + 1);
  }
  return std::nullopt;
}

int move_slots(FaultContext& context, const std::vector<int>& slots, int from, int to, std::string& problem) {
  const Roles roles = context.cluster.look();
  SlotRanges moved;
  if (!await_epoch(context, from, to, problem)) return 0;
  Lines lines(context.cluster);
  const Move move{context, roles, lines, from, to};
  for (const int slot : slots) {
    if (context.stopped() || !move_slot(move, slot, problem)) break;
    moved.push_back({slot, slot});
  }
  context.cluster.change_membership([&](Membership& membership) {
    if (membership.is_member(to)) membership.give(moved, membership.shard_of(to));
  });
  return static_cast<int>(moved.size());
}

std::vector<int> slots_of(const Roles& roles, int node) {
  std::vector<int> slots;
  if (const TopologyNode* self = roles.view(node).topology.myself())
    for (const SlotRange& range : self->slots)
      for (int slot = range.first; slot <= range.last; ++slot) slots.push_back(slot);
  return slots;
}

bool meet(FaultContext& context, int newcomer, std::string& problem) {
  const Roles roles = context.cluster.look();
  const std::vector<int> inside = others(roles, newcomer);
  if (inside.empty()) problem = "no member can be reached";
  if (inside.empty()) return false;
  const Node& node = context.cluster.node(newcomer);
  const Command command = {"CLUSTER", "MEET", node.ip(), std::to_string(node.port())};
  for (const int member : inside)  // all at once: gossip alone would take long
    if (!tell(context.cluster.node(member), command, problem)) return false;
  return wait_for(
      kMeetPatience,
      [&] {
        const Roles now = context.cluster.look();
        problem = why_not_known(context.cluster, now, newcomer, true).value_or("");
        if (problem.empty()) problem = why_not_acquainted(context.cluster, now, newcomer, inside);
        return problem.empty() || context.stopped();
      },
      std::chrono::milliseconds(20));
}

bool forget(FaultContext& context, int node, std::string& problem) {
  const Roles roles = context.cluster.look();
  const std::string id = id_of(context.cluster, roles, node);
  for (const int member : others(roles, node))
    if (std::string why; !tell(context.cluster.node(member), {"CLUSTER", "FORGET", id}, why))
      problem += (problem.empty() ? "" : "; ") + why;
  return problem.empty();
}

Effect membership_effect(std::vector<int> nodes, std::string detail) {
  Effect effect;
  effect.kind = EffectKind::kMembership;
  effect.nodes = std::move(nodes);
  effect.detail = std::move(detail);
  effect.excuses.dead_link = true;
  return effect;
}

std::optional<int> other_master(FaultContext& context, const Roles& roles, int node,
                                const std::string& target, std::string& problem) {
  if (!target.empty()) {
    const TargetNodes named = resolve_target(context, target);
    problem = named.problem;
    return named.nodes.empty() ? std::nullopt : std::optional(named.nodes.front()->number());
  }
  std::vector<int> masters = roles.masters();
  std::erase(masters, node);
  if (masters.empty()) problem = "there is no other master that serves slots";
  if (masters.empty()) return std::nullopt;
  return context.prng.pick(std::span<const int>(masters));
}

}  // namespace harness

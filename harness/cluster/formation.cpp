#include "harness/cluster/formation.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "harness/cluster/look.h"
#include "harness/core/check.h"

namespace harness {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kPollInterval = std::chrono::milliseconds(5);
constexpr auto kLongestPause = std::chrono::milliseconds(500);
// Above this the N·(N-1) introductions, and the promotions one after the other, take longer than they save.
constexpr std::size_t kSmall = 24;
// Nodes that take longer than this to answer say something of the machine.
constexpr auto kSlowRound = std::chrono::milliseconds(1000);
constexpr std::size_t kLogLinesTold = 5;
constexpr Timeouts kPatience{std::chrono::milliseconds(5000), std::chrono::milliseconds(10'000)};

Command add_slots(const SlotRange& range, bool ranges) {
  if (ranges) return {"CLUSTER", "ADDSLOTSRANGE", std::to_string(range.first), std::to_string(range.last)};
  Command command = {"CLUSTER", "ADDSLOTS"};
  for (int slot = range.first; slot <= range.last; ++slot) command.push_back(std::to_string(slot));
  return command;
}

}  // namespace

std::chrono::milliseconds formation_patience(int node_timeout_ms, int nodes) {
  return std::max(std::chrono::milliseconds(5000), std::chrono::milliseconds(20 * node_timeout_ms)) +
         nodes * std::chrono::milliseconds(1000);
}

Formation::Formation(const std::vector<std::unique_ptr<Node>>& nodes, std::vector<NodeInfo>& infos)
    : nodes_(nodes), infos_(infos), members_(those([](const NodeInfo& info) { return !info.spare; })) {
  small_ = members_.size() <= kSmall;
  const auto holders = those([](const NodeInfo& info) { return !info.slots.empty(); });
  stand_ins_ = small_ && std::all_of(holders.begin(), holders.end(), [&](std::size_t holder) {
                 return std::any_of(members_.begin(), members_.end(),
                                    [&](std::size_t i) { return i != holder && master_of(i) == holder; });
               });
}

void Formation::run(std::chrono::milliseconds timeout, const WhyNot& why_not,
                    const Disagreement& disagreement) {
  patience_ = timeout;
  began_ = Clock::now();
  deadline_ = began_ + timeout;
  end_ = began_ + kPatiences * timeout;
  connect();
  read_ids();
  set_epochs_and_slots();
  tell_all(small_ ? introductions([](std::size_t, std::size_t) { return true; }) : meet_a_few());
  wait_until_acquainted();
  // Now that they know each other, those with slots tell of them: all, or those who wait for it.
  tell_all(introductions([this](std::size_t i, std::size_t other) {
    return i == first_holder(i) && (small_ || master_of(other) == i);
  }));
  if (stand_ins_) promote_the_masters();
  gather_the_replicas();
  // A promotion is broadcast, becoming a replica is not; and the slots of a large cluster are not known yet.
  tell_all(introductions([this](std::size_t i, std::size_t) { return !small_ || !infos_[i].master; }));
  wait_for_all(why_not, disagreement);
  connections_.clear();
}

void Formation::give_up(std::size_t node, const std::string& why) {
  const auto end = nodes_[node]->poll();
  throw EnvironmentError(fmt::format(
      "the cluster could not be formed: {}: {}{}; the last lines of its log:\n{}", infos_[node].name, why,
      end ? " (it " + end->describe() + ")" : "", nodes_[node]->last_log_lines()));
}

std::vector<std::vector<Reply>> Formation::ask_all(const std::vector<Commands>& commands) {
  const auto is_closed = [](const ConnectionError& error) {
    return error.kind == ConnectionError::Kind::kClosed;
  };
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    auto error = connections_[i].send(commands[i]);
    if (error && is_closed(*error)) error = renew(i).send(commands[i]);
    if (error) give_up(i, error->text);
  }
  std::vector<std::vector<Reply>> replies;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    auto received = connections_[i].receive(commands[i].size());
    if (!received && is_closed(received.error()) && !renew(i).send(commands[i]))
      received = connections_[i].receive(commands[i].size());
    if (!received) give_up(i, received.error().text);
    replies.push_back(std::move(*received));
  }
  return replies;
}

void Formation::tell_all(const std::vector<Commands>& commands) {
  const auto replies = ask_all(commands);
  for (std::size_t i = 0; i < replies.size(); ++i)
    for (std::size_t j = 0; j < replies[i].size(); ++j)
      if (!replies[i][j].is_ok())
        give_up(i, fmt::format("answered {} {} with \"{}\"", commands[i][j][0], commands[i][j][1],
                               replies[i][j].describe()));
}

Roles Formation::look() {
  const auto replies = ask_all(std::vector<Commands>(nodes_.size(), look_commands()));
  std::vector<View> views;
  for (const auto& of_node : replies) views.push_back(view_from(of_node));
  return Roles(std::move(views), infos_);
}

void Formation::note_progress(std::size_t missing) {
  if (missing >= least_missing_) return;
  least_missing_ = missing;
  deadline_ = std::min(end_, Clock::now() + patience_);
}

void Formation::pause(Clock::duration round, const std::string& why, int blamed) {
  slowest_round_ = std::max(slowest_round_, round);
  for (std::size_t i = 0; i < nodes_.size(); ++i)
    if (!nodes_[i]->running()) give_up(i, "it ended");
  if (Clock::now() >= deadline_) time_is_up(why, blamed);
  std::this_thread::sleep_for(std::clamp<Clock::duration>(round, kPollInterval, kLongestPause));
}

/// `blamed`: a node whose log is told; -1: none.
void Formation::time_is_up(std::string why, int blamed) {
  if (blamed >= 0)
    why += fmt::format("; the last lines of {}'s log:\n{}", infos_[static_cast<std::size_t>(blamed)].name,
                       nodes_[static_cast<std::size_t>(blamed)]->last_log_lines(kLogLinesTold));
  const auto slowest = std::chrono::duration_cast<std::chrono::milliseconds>(slowest_round_);
  const std::string message = "the cluster is not ready in time: " + why + "\n";
  if (slowest > kSlowRound)
    throw EnvironmentError(fmt::format(
        "{}its nodes took up to {} ms to answer: on a slow or busy machine give fewer nodes or a longer "
        "--node-timeout",
        message, slowest.count()));
  throw NotFormed(fmt::format("{}all nodes answered, within {} ms: what is missing is the servers' own doing "
                              "(their logs are in nodes/ of the store)",
                              message, slowest.count()),
                  why, std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - began_));
}

void Formation::wait_for_each(std::vector<std::size_t> waiting, const Commands& commands,
                              const Lacks& lacks) {
  least_missing_ = waiting.size();
  for (;;) {
    const auto begin = Clock::now();
    std::vector<Commands> asked(nodes_.size());
    for (const std::size_t i : waiting) asked[i] = commands;
    const auto replies = ask_all(asked);
    std::string why;
    std::erase_if(waiting, [&](std::size_t i) {
      const auto lack = lacks(i, replies[i]);
      if (lack && why.empty()) why = infos_[i].name + " " + *lack;
      return !lack;
    });
    if (waiting.empty()) return;
    note_progress(waiting.size());
    if (waiting.size() > 1) why += fmt::format(", and {} more nodes likewise", waiting.size() - 1);
    pause(Clock::now() - begin, why, static_cast<int>(waiting.front()));
  }
}

void Formation::wait_for_all(const WhyNot& why_not, const Disagreement& disagreement) {
  least_missing_ = members_.size();
  for (;;) {
    const auto begin = Clock::now();
    const Roles roles = look();
    const auto why = why_not(roles);
    if (!why) return;
    const Unsettled unsettled = disagreement(roles);
    note_progress(static_cast<std::size_t>(unsettled.nodes));
    const std::string story =
        fmt::format("{} of {} nodes disagree ({})", unsettled.nodes, members_.size(), unsettled.story);
    pause(Clock::now() - begin, unsettled.nodes == 0 ? *why : story, unsettled.first);
  }
}

Connection Formation::connect_to(std::size_t node) {
  auto connection = nodes_[node]->connect(kPatience);
  if (!connection) give_up(node, connection.error().text);
  return std::move(*connection);
}

void Formation::connect() {
  for (std::size_t i = 0; i < nodes_.size(); ++i) connections_.push_back(connect_to(i));
}

Connection& Formation::renew(std::size_t node) {
  return connections_[node] = connect_to(node);
}

void Formation::read_ids() {
  const auto ids = ask_all(std::vector<Commands>(nodes_.size(), {{"CLUSTER", "MYID"}}));
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (ids[i][0].type != Reply::Type::kText)
      give_up(i, "answered CLUSTER MYID with " + ids[i][0].describe());
    infos_[i].id = ids[i][0].text;
  }
}

/// Before the first MEET anywhere: SET-CONFIG-EPOCH is only allowed while a node knows no other.
/// A replica speaks with its master's epoch. Valkey 9.1 takes that for a stale message for ever, and the
/// replica for a master, where the epoch that the replica had before was the greater one: those to be
/// replicas get the lesser epochs.
void Formation::set_epochs_and_slots() {
  std::vector<std::size_t> by_epoch = members_;
  std::ranges::stable_partition(by_epoch, [this](std::size_t i) { return !infos_[i].master; });
  std::vector<Commands> commands(nodes_.size());
  for (std::size_t rank = 0; rank < by_epoch.size(); ++rank) {
    const std::size_t i = by_epoch[rank];
    commands[i].push_back({"CLUSTER", "SET-CONFIG-EPOCH", std::to_string(rank + 1)});
    if (i != first_holder(i)) continue;
    for (const SlotRange& range : infos_[master_of(i)].slots)
      commands[i].push_back(add_slots(range, nodes_[i]->flavor().has(Feature::kSlotRanges)));
  }
  tell_all(commands);
}

std::vector<Formation::Commands> Formation::introductions(
    const std::function<bool(std::size_t, std::size_t)>& which) const {
  std::vector<Commands> commands(nodes_.size());
  for (const std::size_t i : members_)
    for (const std::size_t other : members_)
      if (other != i && which(i, other))
        commands[i].push_back({"CLUSTER", "MEET", infos_[other].ip, std::to_string(infos_[other].port)});
  return commands;
}

/// Each meets the next one, the second next, the fourth, and so on around the circle: no two are further
/// apart than the logarithm of their number, so that gossip brings the rest.
std::vector<Formation::Commands> Formation::meet_a_few() const {
  std::vector<Commands> commands(nodes_.size());
  for (std::size_t at = 0; at < members_.size(); ++at)
    for (std::size_t step = 1; step < members_.size(); step *= 2) {
      const NodeInfo& other = infos_[members_[(at + step) % members_.size()]];
      commands[members_[at]].push_back({"CLUSTER", "MEET", other.ip, std::to_string(other.port)});
    }
  return commands;
}

void Formation::wait_until_acquainted() {
  wait_for_each(members_, {{"CLUSTER", "NODES"}},
                [this](std::size_t, const std::vector<Reply>& replies) -> std::optional<std::string> {
                  const Topology topology = parse_cluster_nodes(replies[0].text);
                  for (const std::size_t other : members_) {
                    const TopologyNode* seen = topology.find(infos_[other].id);
                    if (!seen || seen->is(kFlagHandshake)) return "has not met " + infos_[other].name;
                  }
                  return {};
                });
}

/// One after the other: two that took over at once would both take the next epoch, and one would have to bump
/// its own later.
void Formation::promote_the_masters() {
  const auto masters = those([](const NodeInfo& info) { return !info.slots.empty(); });
  int slots = 0;
  std::vector<Commands> follow(nodes_.size());
  for (const std::size_t i : masters) {
    slots += count_slots(infos_[i].slots);
    follow[i] = {{"CLUSTER", "REPLICATE", infos_[first_holder(i)].id}};
  }
  tell_all(follow);
  const auto info_lacks = [](const std::function<bool(const ClusterInfo&)>& has, std::string what) {
    return [has, what](std::size_t, const std::vector<Reply>& replies) -> std::optional<std::string> {
      if (has(parse_cluster_info(replies[0].text))) return {};
      return what;
    };
  };
  wait_for_each(masters, {{"CLUSTER", "INFO"}},
                info_lacks([&](const ClusterInfo& info) { return info.slots_ok == slots; },
                           "does not know all slots yet"));
  std::uint64_t epoch = 0;
  for (const std::size_t i : masters) {
    wait_for_each({i}, {{"CLUSTER", "INFO"}},
                  info_lacks([&](const ClusterInfo& info) { return info.current_epoch >= epoch; },
                             fmt::format("has not heard of epoch {}", epoch)));
    Connection& line = renew(i);  // it lay idle while the others were promoted
    const auto reply = line.call({"CLUSTER", "FAILOVER", "TAKEOVER"});
    if (!reply || !reply->is_ok())
      give_up(i, "CLUSTER FAILOVER TAKEOVER: " + (reply ? reply->describe() : reply.error().text));
    const auto info = line.call({"CLUSTER", "INFO"});
    if (!info) give_up(i, info.error().text);
    epoch = parse_cluster_info(info->text).current_epoch;
  }
}

void Formation::gather_the_replicas() {
  const auto replicas = those([](const NodeInfo& info) { return !info.master && !info.spare; });
  const auto lacks = [this](std::size_t i, const std::vector<Reply>& replies) -> std::optional<std::string> {
    const Topology topology = parse_cluster_nodes(replies[0].text);
    const NodeInfo& master = infos_[master_of(i)];
    const TopologyNode* self = topology.myself();
    const TopologyNode* seen = topology.find(master.id);
    if (self && self->master_id == master.id) return {};
    // A node that still holds slots cannot become a replica, and none of a node that is one itself.
    if (self && self->slots.empty() && seen && seen->is(kFlagMaster) &&
        seen->slots.empty() == master.slots.empty()) {
      const auto reply = connections_[i].call({"CLUSTER", "REPLICATE", master.id});
      if (!reply) give_up(i, reply.error().text);
    }
    return "is not a replica of " + master.name + " yet";
  };
  wait_for_each(replicas, {{"CLUSTER", "NODES"}}, lacks);
}

std::size_t Formation::first_holder(std::size_t node) const {
  const std::size_t master = master_of(node);
  if (!stand_ins_ || infos_[master].slots.empty()) return master;
  for (const std::size_t i : members_)
    if (i != master && master_of(i) == master) return i;
  return master;
}

std::vector<std::size_t> Formation::those(const std::function<bool(const NodeInfo&)>& which) const {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < infos_.size(); ++i)
    if (which(infos_[i])) found.push_back(i);
  return found;
}

}  // namespace harness

#include "harness/cluster/formation.h"

#include <fmt/format.h>

#include <thread>

#include "harness/cluster/look.h"
#include "harness/core/check.h"

namespace harness {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kPollInterval = std::chrono::milliseconds(5);
constexpr Timeouts kPatience{std::chrono::milliseconds(5000), std::chrono::milliseconds(10'000)};

Command add_slots(const SlotRange& range, bool ranges) {
  if (ranges) return {"CLUSTER", "ADDSLOTSRANGE", std::to_string(range.first), std::to_string(range.last)};
  Command command = {"CLUSTER", "ADDSLOTS"};
  for (int slot = range.first; slot <= range.last; ++slot) command.push_back(std::to_string(slot));
  return command;
}

}  // namespace

Formation::Formation(const std::vector<std::unique_ptr<Node>>& nodes, std::vector<NodeInfo>& infos,
                     bool stand_ins)
    : nodes_(nodes), infos_(infos), stand_ins_(stand_ins) {}

void Formation::run(std::chrono::milliseconds timeout, const WhyNot& why_not) {
  const auto deadline = Clock::now() + timeout;
  connect();
  read_ids();
  set_epochs_and_slots();
  tell_all(meet_from([](std::size_t) { return true; }));
  wait(deadline, [this](const Roles& roles) { return why_strangers(roles); });
  // Now that they know each other, those with slots tell of them.
  auto commands = meet_from([this](std::size_t i) { return i == first_holder(infos_[i].shard); });
  for (std::size_t i = 0; i < infos_.size(); ++i)
    if (const std::size_t holder = first_holder(infos_[i].shard); holder != i)
      commands[i].push_back({"CLUSTER", "REPLICATE", infos_[holder].id});
  tell_all(commands);
  if (stand_ins_) {
    promote_the_masters(deadline);
    // A promotion is broadcast, becoming a replica is not.
    tell_all(meet_from([this](std::size_t i) { return !infos_[i].master; }));
  }
  wait(deadline, why_not);
  connections_.clear();
}

void Formation::give_up(std::size_t node, const std::string& why) {
  const auto end = nodes_[node]->poll();
  throw EnvironmentError(fmt::format(
      "the cluster could not be formed: {}: {}{}; the last lines of its log:\n{}", infos_[node].name, why,
      end ? " (it " + end->describe() + ")" : "", nodes_[node]->last_log_lines()));
}

std::vector<std::vector<Reply>> Formation::ask_all(const std::vector<Commands>& commands) {
  for (std::size_t i = 0; i < nodes_.size(); ++i)
    if (const auto error = connections_[i].send(commands[i])) give_up(i, error->text);
  std::vector<std::vector<Reply>> replies;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    auto received = connections_[i].receive(commands[i].size());
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

void Formation::wait(Clock::time_point deadline, const WhyNot& why_not) {
  for (;;) {
    const auto why = why_not(look());
    if (!why) return;
    for (std::size_t i = 0; i < nodes_.size(); ++i)
      if (!nodes_[i]->running()) give_up(i, "it ended");
    if (Clock::now() >= deadline)
      throw EnvironmentError("the cluster is not ready in time: " + *why +
                             "; on a slow or busy machine give fewer nodes or a longer --node-timeout");
    std::this_thread::sleep_for(kPollInterval);
  }
}

void Formation::connect() {
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    auto connection = nodes_[i]->connect(kPatience);
    if (!connection) give_up(i, connection.error().text);
    connections_.push_back(std::move(*connection));
  }
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
void Formation::set_epochs_and_slots() {
  std::vector<Commands> commands;
  for (std::size_t i = 0; i < nodes_.size(); ++i)
    commands.push_back({{"CLUSTER", "SET-CONFIG-EPOCH", std::to_string(i + 1)}});
  for (const NodeInfo& info : infos_)
    for (const SlotRange& range : info.slots) {
      const std::size_t holder = first_holder(info.shard);
      commands[holder].push_back(add_slots(range, nodes_[holder]->flavor().has_slot_ranges()));
    }
  tell_all(commands);
}

std::vector<Formation::Commands> Formation::meet_from(
    const std::function<bool(std::size_t)>& introduces) const {
  std::vector<Commands> commands(nodes_.size());
  for (std::size_t i = 0; i < nodes_.size(); ++i)
    for (std::size_t other = 0; other < infos_.size(); ++other)
      if (other != i && introduces(i))
        commands[i].push_back({"CLUSTER", "MEET", infos_[other].ip, std::to_string(infos_[other].port)});
  return commands;
}

/// One after the other: two that took over at once would both take the next epoch, and one would have to bump
/// its own later.
void Formation::promote_the_masters(Clock::time_point deadline) {
  wait(deadline, [this](const Roles& roles) -> std::optional<std::string> {
    for (std::size_t i = 0; i < infos_.size(); ++i)
      if (infos_[i].master && !roles.view(static_cast<int>(i)).cluster.state_ok)
        return infos_[i].name + " does not know all slots yet";
    return {};
  });
  for (std::size_t i = 0; i < infos_.size(); ++i) {
    if (!infos_[i].master) continue;
    const auto reply = connections_[i].call({"CLUSTER", "FAILOVER", "TAKEOVER"});
    if (!reply || !reply->is_ok())
      give_up(i, "CLUSTER FAILOVER TAKEOVER: " + (reply ? reply->describe() : reply.error().text));
    wait(deadline, [&](const Roles& roles) -> std::optional<std::string> {
      const std::uint64_t epoch = roles.view(static_cast<int>(i)).cluster.current_epoch;
      for (std::size_t j = 0; j < infos_.size(); ++j)
        if (infos_[j].master && roles.view(static_cast<int>(j)).cluster.current_epoch < epoch)
          return fmt::format("{} has not heard of epoch {} of {}", infos_[j].name, epoch, infos_[i].name);
      return {};
    });
  }
}

std::size_t Formation::first_holder(int shard) const {
  for (std::size_t i = 0; i < infos_.size(); ++i)
    if (infos_[i].shard == shard && infos_[i].master != stand_ins_) return i;
  CHECK_THAT_HOLDS(false, "a shard without a node to hold its slots");
  return 0;
}

std::optional<std::string> Formation::why_strangers(const Roles& roles) const {
  for (std::size_t i = 0; i < infos_.size(); ++i)
    for (const NodeInfo& other : infos_) {
      const TopologyNode* seen = roles.view(static_cast<int>(i)).topology.find(other.id);
      if (!seen || seen->is(kFlagHandshake))
        return fmt::format("{} has not met {}", infos_[i].name, other.name);
    }
  return {};
}

}  // namespace harness

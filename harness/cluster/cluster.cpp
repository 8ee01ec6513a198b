#include "harness/cluster/cluster.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <set>
#include <thread>
#include <utility>

#include "harness/cluster/formation.h"
#include "harness/cluster/look.h"
#include "harness/cluster/settled.h"
#include "harness/core/check.h"

namespace harness {
namespace {

using Clock = std::chrono::steady_clock;

// Servers that are launched at once: more would only make each other late on few cores.
constexpr std::size_t kStartBatch = 16;

bool masters_and_replicas_apart(const std::vector<NodeInfo>& infos) {
  std::set<std::pair<std::string, int>> taken;  // host, shard
  return std::all_of(infos.begin(), infos.end(),
                     [&](const NodeInfo& info) { return taken.emplace(info.ip, info.shard).second; });
}

View look_at(const Node& node, std::chrono::milliseconds timeout) {
  auto connection = node.connect({timeout, timeout});
  if (!connection) return unreachable_view(connection.error().text);
  const auto replies = connection->pipeline(look_commands());
  return replies ? view_from(*replies) : unreachable_view(replies.error().text);
}

}  // namespace

Cluster::Cluster(Sandbox& sandbox, ClusterOptions options) : options_(std::move(options)) {
  CHECK_THAT_HOLDS(!options_.flavors.empty(), "a cluster has a build");
  check_shape(options_);
  infos_ = planned_nodes(options_, options_.flavors);
  membership_ = Membership(infos_);
  for (std::size_t i = 0; i < infos_.size(); ++i) {
    Host& host = sandbox.add_host(infos_[i].name);
    hosts_.push_back(&host);
    infos_[i].ip = host.ip();
    infos_[i].port = sandbox.node_port();
    nodes_.push_back(std::make_unique<Node>(node_options(i, host, sandbox.mode())));
  }
  anti_affinity_ = masters_and_replicas_apart(infos_);
}

NodeOptions Cluster::node_options(std::size_t number, const Host& host, SandboxMode mode) const {
  const NodeInfo& info = infos_[number];
  NodeOptions node;
  node.number = static_cast<int>(number);
  node.name = info.name;
  node.host = &host;
  node.flavor = options_.flavors.at(static_cast<std::size_t>(info.build));
  node.directory = options_.directory / info.name;
  node.disk_gate = options_.disk_gate;
  node.fake_clock = options_.fake_clock;
  node.settings.port = info.port;
  // The seed document binds every address; in loopback mode those would be the machine's own.
  node.settings.bind = mode == SandboxMode::kLoopback ? info.ip : "0.0.0.0";
  node.settings.cluster = options_.config;
  node.settings.persistence = options_.persistence;
  node.settings.extra = options_.directives;
  if (const auto own = options_.nodes.find(info.name); own != options_.nodes.end())
    for (const auto& [name, value] : own->second.directives) node.settings.extra[name] = value;
  return node;
}

Cluster::~Cluster() {
  for (const auto& node : nodes_) {
    node->expect_end();
    node->signal(SIGKILL);
  }
}

void Cluster::say(std::string_view what) const {
  if (options_.progress) options_.progress(what);
}

void Cluster::start() {
  for (std::size_t begin = 0; begin < nodes_.size(); begin += kStartBatch) {
    const std::size_t end = std::min(begin + kStartBatch, nodes_.size());
    say(fmt::format("starting {} of {} servers", end, nodes_.size()));
    for (std::size_t i = begin; i < end; ++i) nodes_[i]->start();
    for (std::size_t i = begin; i < end; ++i) nodes_[i]->wait_until_answering(options_.start_timeout);
  }
}

void Cluster::form() {
  say("forming the cluster");
  Formation formation(nodes_, infos_);
  formation.run(
      options_.form_timeout.value_or(formation_patience(options_.config.node_timeout_ms, size())),
      [this](const Roles& roles) { return why_not_formed(roles); },
      [this](const Roles& roles) { return who_disagrees(roles, infos_, membership(), options_.config); });
}

std::optional<int> Cluster::node_at(std::string_view ip, int port) const {
  for (std::size_t i = 0; i < nodes_.size(); ++i)
    if (nodes_[i]->ip() == ip && nodes_[i]->port() == port) return static_cast<int>(i);
  return std::nullopt;
}

Roles Cluster::look(std::chrono::milliseconds timeout) {
  std::vector<View> views(nodes_.size());
  {
    std::vector<std::jthread> lookers;
    for (std::size_t i = 0; i < nodes_.size(); ++i)
      lookers.emplace_back([&, i] { views[i] = look_at(*nodes_[i], timeout); });
  }
  for (std::size_t i = 0; i < views.size(); ++i) views[i].node = static_cast<int>(i);
  return Roles(std::move(views), infos_);
}

Node* Cluster::master_of_slot(int slot) {
  const auto number = look().master_of_slot(slot);
  return number ? &node(*number) : nullptr;
}

Node* Cluster::replica_of(const Node& master) {
  const Roles roles = look();
  std::vector<int> found = roles.synchronized_replicas_of(master.number());
  if (found.empty()) found = roles.replicas_of(master.number());
  return found.empty() ? nullptr : &node(found.front());
}

std::vector<Node*> Cluster::masters() {
  std::vector<Node*> found;
  for (const int number : look().masters()) found.push_back(&node(number));
  return found;
}

/// Settled, and in the roles of the plan.
std::optional<std::string> Cluster::why_not_formed(const Roles& roles) const {
  if (auto why = why_not_settled(roles)) return why;
  for (const int i : membership().members()) {
    const NodeInfo& info = infos_[static_cast<std::size_t>(i)];
    const TopologyNode& self = *roles.view(i).topology.myself();
    if (self.is(kFlagMaster) != info.master || self.slots != info.slots)
      return info.name + " does not have the role and the slots it was given";
    if (!info.master && self.master_id != infos_[static_cast<std::size_t>(info.shard)].id)
      return info.name + " does not follow its own shard's master";
  }
  return {};
}

std::optional<std::string> Cluster::why_not_settled(const Roles& roles, const std::set<int>& dead) const {
  return harness::why_not_settled(roles, infos_, membership(), options_.config, dead);
}

Membership Cluster::membership() const {
  const std::lock_guard lock(membership_mutex_);
  return membership_;
}

void Cluster::change_membership(const std::function<void(Membership&)>& change) {
  const std::lock_guard lock(membership_mutex_);
  change(membership_);
  changes_.emplace_back(Clock::now(), membership_);
}

void Cluster::missed_forget(MissedForget missed) {
  const std::lock_guard lock(membership_mutex_);
  missed_forgets_.push_back(std::move(missed));
}

std::vector<Cluster::MissedForget> Cluster::take_missed_forgets() {
  const std::lock_guard lock(membership_mutex_);
  return std::exchange(missed_forgets_, {});
}

std::vector<Intention> Cluster::intentions(Node::TimePoint zero) const {
  const std::lock_guard lock(membership_mutex_);
  std::vector<Intention> all = {{0, Membership(infos_)}};
  for (const auto& [when, membership] : changes_)
    all.push_back({std::chrono::duration_cast<std::chrono::nanoseconds>(when - zero).count(), membership});
  return all;
}

std::vector<Incarnation> Cluster::incarnations(Node::TimePoint zero) const {
  std::vector<Incarnation> all;
  for (const auto& node : nodes_) {
    const auto lives = node->incarnations(zero);
    all.insert(all.end(), lives.begin(), lives.end());
  }
  return all;
}

void Cluster::stop(std::chrono::milliseconds grace) {
  const auto deadline = Clock::now() + grace;
  for (const auto& node : nodes_) {
    node->expect_end();
    node->signal(SIGTERM);
    node->signal(SIGCONT);
  }
  for (const auto& node : nodes_) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    if (!node->pid()) continue;  // never started
    if (!node->wait_for_end(std::max(left, std::chrono::milliseconds(0)))) node->kill();
  }
}

}  // namespace harness

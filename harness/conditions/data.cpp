#include "harness/conditions/data.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/cluster/final_data.h"
#include "harness/conditions/ask.h"
#include "harness/conditions/reply_pattern.h"

namespace harness {
namespace {

constexpr std::string_view kAbsent = "absent";
constexpr std::chrono::milliseconds kReadPatience(10'000);

/// "n1,n4", or a list of names, as one target.
std::string target_of(const nlohmann::json& nodes) {
  if (nodes.is_string()) return nodes.get<std::string>();
  std::string target;
  for (const auto& name : nodes)
    target += (target.empty() ? "" : ",") + (name.is_string() ? name.get<std::string>() : name.dump());
  return target;
}

/// The master of the node's shard (itself, perhaps) and all its replicas.
std::vector<int> shard_of(ClusterNow& now, int node) {
  const Roles& roles = now.roles();
  int master = node;
  for (const int candidate : roles.masters()) {
    const std::vector<int> replicas = roles.replicas_of(candidate);
    if (std::ranges::find(replicas, node) != replicas.end()) master = candidate;
  }
  std::vector<int> shard{master};
  std::ranges::copy(roles.replicas_of(master), std::back_inserter(shard));
  return shard;
}

/// All are read before any is compared, so that one poll sees them at about one time.
WhyNot why_not_equal(ClusterNow& now, const std::vector<int>& nodes) {
  std::vector<FinalData> data;
  for (const int node : nodes) {
    data.push_back(read_node(now.cluster().node(node), kReadPatience));
    if (!data.back().complete) return now.name(node) + " cannot be read: " + data.back().error;
  }
  for (std::size_t i = 1; i < data.size(); ++i)
    if (const auto found = differences(data[0], data[i]); !found.empty())
      return in_words(found.front(), now.name(nodes[0]), now.name(nodes[i]));
  return std::nullopt;
}

WhyNot why_not_so_many(const std::string& node, std::int64_t keys, const Parameters& with) {
  const auto wrong = [&](std::string_view name, auto right) {
    return with.has(name) && !right(with.integer(name));
  };
  if (wrong("is", [&](auto n) { return keys == n; }) ||
      wrong("at-least", [&](auto n) { return keys >= n; }) ||
      wrong("at-most", [&](auto n) { return keys <= n; }))
    return fmt::format("{} holds {} keys", node, keys);
  return std::nullopt;
}

/// A node to begin with: whoever serves the slot, as far as can be seen.
const Node* first_to_ask(ClusterNow& now, const std::string& key) {
  const auto owner = now.roles().master_of_slot(slot_of(key));
  if (owner) return &now.cluster().node(*owner);
  const std::vector<int> live = now.live_members();
  return live.empty() ? nullptr : &now.cluster().node(live.front());
}

std::optional<Reply> get(ClusterNow& now, const Parameters& with, std::string& problem) {
  const Command command = {"GET", with.text("key")};
  if (with.has("node")) {
    const auto number = now.node(with.text("node"), problem);
    return number ? ask_readonly(now.cluster().node(*number), command, problem) : std::nullopt;
  }
  const Node* first = first_to_ask(now, with.text("key"));
  if (!first) problem = "no member can be asked";
  return first ? ask_cluster(now.cluster(), *first, command, problem) : std::nullopt;
}

}  // namespace

std::string problem_with_nodes(const nlohmann::json& with) {
  const nlohmann::json& nodes = with.at("nodes");
  if (nodes.is_null()) return {};
  const bool named =
      nodes.is_string() || (nodes.is_array() && !nodes.empty() &&
                            std::ranges::all_of(nodes, [](const auto& node) { return node.is_string(); }));
  if (!named) return "'nodes' must be nodes' names: \"n1,n4\", or a list of them";
  const TargetCheck check = check_target(target_of(nodes));
  return check.valid ? std::string() : "'nodes': " + check.problem;
}

std::string problem_with_count(const nlohmann::json& with) {
  const nlohmann::json& least = with.at("at-least");
  const nlohmann::json& most = with.at("at-most");
  if (with.at("is").is_null() && least.is_null() && most.is_null())
    return "it asks for no number: give it 'is', 'at-least' or 'at-most'";
  if (least.is_number() && most.is_number() && least > most) return "'at-least' is more than 'at-most'";
  return {};
}

WhyNot why_not_same_data(ClusterNow& now, const Parameters& with) {
  std::string problem;
  if (with.has("nodes")) {
    const std::vector<int> nodes = now.nodes(target_of(with.json().at("nodes")), problem);
    return nodes.empty() ? problem : why_not_equal(now, nodes);
  }
  if (with.has("shard")) {
    const auto node = now.node(with.text("shard"), problem);
    return node ? why_not_equal(now, shard_of(now, *node)) : problem;
  }
  for (const int master : now.roles().masters())
    if (WhyNot why = why_not_equal(now, shard_of(now, master))) return why;
  return std::nullopt;
}

WhyNot why_not_dbsize(ClusterNow& now, const Parameters& with) {
  std::string problem;
  const auto number = now.node(with.text("node"), problem);
  if (!number) return problem;
  const auto reply = ask_node(now.cluster().node(*number), {"DBSIZE"}, problem);
  if (!reply) return problem;
  if (reply->type != Reply::Type::kInteger) return now.name(*number) + " answered " + reply->describe();
  return why_not_so_many(now.name(*number), reply->integer, with);
}

WhyNot why_not_value(ClusterNow& now, const Parameters& with) {
  std::string problem;
  const auto reply = get(now, with, problem);
  if (!reply) return problem;
  const std::string wanted = with.text("is");
  const bool absent = reply->type == Reply::Type::kNil;
  if (!reply->is_error() && (wanted == kAbsent ? absent : !absent && reply->text == wanted))
    return std::nullopt;
  return fmt::format("'{}' is {}", with.text("key"), absent ? kAbsent : std::string_view(reply->text));
}

}  // namespace harness

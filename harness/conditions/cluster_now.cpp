#include "harness/conditions/cluster_now.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace harness {
namespace {

std::uintmax_t size_of_log(const Node& node) {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(node.files().log(), error);
  return error ? 0 : size;  // no log yet
}

bool among(const std::vector<int>& numbers, int number) {
  return std::ranges::find(numbers, number) != numbers.end();
}

}  // namespace

Mark mark_now(const ConditionScene& scene) {
  Mark mark;
  for (int number = 0; number < scene.cluster.size(); ++number)
    mark.log_sizes.push_back(size_of_log(scene.cluster.node(number)));
  if (scene.acknowledged) mark.acknowledged = scene.acknowledged();
  if (scene.bus) mark.bus = scene.bus();
  return mark;
}

const Roles& ClusterNow::roles() {
  if (!roles_) roles_ = scene_.look ? scene_.look() : scene_.cluster.look();
  return *roles_;
}

std::vector<int> ClusterNow::nodes(std::string_view target, std::string& problem) {
  const TargetNodes found = resolve_target(scope(), target);
  problem = found.problem;
  std::vector<int> numbers;
  for (const Node* node : found.nodes) numbers.push_back(node->number());
  return numbers;
}

std::optional<int> ClusterNow::node(std::string_view target, std::string& problem) {
  const std::vector<int> found = nodes(target, problem);
  if (found.size() == 1) return found.front();
  if (found.size() > 1) problem = fmt::format("'{}' names {} nodes, not one", target, found.size());
  return std::nullopt;
}

std::vector<int> ClusterNow::live_members() {
  const std::vector<int> held = scene_.held ? scene_.held() : std::vector<int>{};
  const std::vector<int> reachable_members = members(roles());
  std::vector<int> live;
  for (int number = 0; number < scene_.cluster.size(); ++number) {
    if (!scene_.cluster.node(number).running() || among(held, number)) continue;
    // A process that runs and does not answer may be a member: what cannot be asked counts as a "no".
    if (!roles().reachable(number) || among(reachable_members, number)) live.push_back(number);
  }
  return live;
}

std::vector<int> ClusterNow::voters() {
  return roles().masters();
}

std::size_t ClusterNow::majority() {
  std::uint64_t newest = 0;
  int size = 0;
  for (const View& view : roles().views()) {
    if (!view.reachable || view.cluster.current_epoch < newest) continue;
    if (view.cluster.current_epoch > newest) size = 0;
    newest = view.cluster.current_epoch;
    size = std::max(size, view.cluster.size);
  }
  return static_cast<std::size_t>(size) / 2 + 1;
}

std::optional<std::uint64_t> ClusterNow::operations(const std::string& load) const {
  if (!scene_.acknowledged) return std::nullopt;
  std::uint64_t sum = 0;
  bool found = load.empty();
  for (const auto& [name, count] : scene_.acknowledged()) {
    if (!load.empty() && name != load) continue;
    found = true;
    const auto before = operations_.acknowledged.find(name);
    sum += count - (before == operations_.acknowledged.end() ? 0 : before->second);
  }
  return found ? std::optional(sum) : std::nullopt;
}

std::optional<std::uint64_t> ClusterNow::messages(const BusCountQuery& query) const {
  if (!scene_.bus) return std::nullopt;
  return count_of(scene_.bus(), query) - count_of(logs_.bus, query);
}

std::optional<std::string> ask_views(
    ClusterNow& now, const std::string& by,
    const std::function<std::optional<std::string>(int node, const View& view)>& why_not) {
  const auto ask = [&](int node) -> std::optional<std::string> {
    const View& view = now.roles().view(node);
    if (!view.reachable) return fmt::format("{} does not answer: {}", now.name(node), view.error);
    auto why = why_not(node, view);
    return why ? now.name(node) + " " + *why : why;
  };
  if (by == "majority") {
    std::size_t agreeing = 0;
    std::optional<std::string> first;
    for (const int voter : now.voters()) {
      auto why = ask(voter);
      if (!why) ++agreeing;
      if (why && !first) first = std::move(why);
    }
    if (agreeing >= now.majority()) return std::nullopt;
    return fmt::format("{} of the {} masters that make a majority agree{}", agreeing, now.majority(),
                       first ? ": " + *first : "");
  }
  if (by != "all") {
    std::string problem;
    const auto node = now.node(by, problem);
    return node ? ask(*node) : problem;
  }
  const std::vector<int> live = now.live_members();
  if (live.empty()) return "no member can be asked";
  for (const int node : live)
    if (auto why = ask(node)) return why;
  return std::nullopt;
}

}  // namespace harness

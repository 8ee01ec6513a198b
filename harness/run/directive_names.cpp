#include "harness/run/directive_names.h"

#include <algorithm>
#include <set>
#include <vector>

#include "harness/core/check.h"
#include "harness/core/suggest.h"
#include "harness/faults/settings/config_set.h"

namespace harness {
namespace {

constexpr Timeouts kPatience{std::chrono::seconds(1), std::chrono::seconds(5)};
constexpr std::chrono::seconds kStart(10);

/// What CONFIG GET lists; nothing when the server does not say.
std::optional<std::set<std::string>> names_at(const Node& node, const std::string& pattern) {
  auto connection = node.connect(kPatience);
  if (!connection) return std::nullopt;
  const auto reply = connection->call({"CONFIG", "GET", pattern});
  if (!reply || reply->is_error()) return std::nullopt;
  std::set<std::string> names;
  for (std::size_t i = 0; i + 1 < reply->elements.size(); i += 2) names.insert(reply->elements[i].text);
  return names;
}

std::string unknown(const std::string& name, const std::string& builds, const std::set<std::string>& known) {
  const std::vector<std::string_view> names(known.begin(), known.end());
  return "unknown directive '" + name + "' of " + builds + suggestion(name, names);
}

std::string build_of(const Node& node) {
  const Flavor flavor = node.flavor();
  return std::string(to_string(flavor.kind)) + " " + flavor.version_text;
}

/// The names that the node's build knows.
std::optional<std::set<std::string>> names_of_build(Cluster& cluster, const Node& node,
                                                    const std::filesystem::path& scratch) {
  NodeOptions options;
  options.name = node.name();
  options.host = &cluster.host(node.number());
  options.flavor = node.flavor();
  options.directory = scratch;
  options.settings.port = node.port();
  options.settings.bind = node.ip();
  options.settings.cluster = cluster.options().config;
  Node plain(std::move(options));
  try {
    plain.start();
    plain.wait_until_answering(kStart);
  } catch (const EnvironmentError&) {
    return std::nullopt;  // it is not the plan's directives that keep it from starting
  }
  const auto names = names_at(plain, "*");
  plain.kill();
  return names;
}

struct Given {
  std::string part, name;
};

/// The plan's directives for the node, with the place of each.
std::vector<Given> given_to(const ClusterPlan& plan, const std::string& node) {
  std::vector<Given> given;
  for (const auto& [name, value] : plan.directives) given.push_back({"cluster.directives." + name, name});
  if (const auto own = plan.nodes.find(node); own != plan.nodes.end())
    for (const auto& [name, value] : own->second.directives)
      given.push_back({"cluster.nodes." + node + "." + name, name});
  return given;
}

}  // namespace

std::optional<UnknownDirective> unknown_directive(const ClusterPlan& plan, Cluster& cluster,
                                                  const std::filesystem::path& scratch) {
  for (int number = 0; number < cluster.size(); ++number) {
    Node& node = cluster.node(number);
    if (node.pid() == 0 || node.running()) continue;
    const std::string said = node.last_log_lines();
    std::vector<Given> named;
    for (const Given& given : given_to(plan, node.name()))
      if (said.find(given.name) != std::string::npos) named.push_back(given);
    if (named.empty()) continue;
    const auto known = names_of_build(cluster, node, scratch);
    for (const Given& given : named)
      if (known && !known->contains(given.name))
        return UnknownDirective{given.part, unknown(given.name, build_of(node), *known)};
  }
  return std::nullopt;
}

std::optional<UnknownDirective> unknown_directive_of_steps(const Plan& plan, Cluster& cluster) {
  for (const StepPlan& step : plan.steps) {
    const auto name = directive_set_by(step);
    if (!name) continue;
    bool some_know = false;
    for (int number = 0; number < cluster.size() && !some_know; ++number) {
      const auto names = names_at(cluster.node(number), *name);
      some_know = !names || !names->empty();
    }
    if (some_know) continue;
    const std::set<std::string> known = names_at(cluster.node(0), "*").value_or(std::set<std::string>{});
    return UnknownDirective{"steps." + step.id + ".with.name",
                            unknown(*name, build_of(cluster.node(0)), known)};
  }
  return std::nullopt;
}

}  // namespace harness

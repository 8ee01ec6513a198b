#include "harness/conditions/views.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace harness {
namespace {

constexpr NodeFlag kFlagBits[] = {kFlagFail, kFlagPfail, kFlagHandshake, kFlagNoAddress};

/// The node id, by the node's own word; as created when it does not answer.
std::string id_of(ClusterNow& now, int node) {
  const TopologyNode* self = now.roles().view(node).topology.myself();
  return self ? self->id : now.cluster().infos()[static_cast<std::size_t>(node)].id;
}

std::string name_of(ClusterNow& now, const std::string& id) {
  for (int node = 0; node < now.cluster().size(); ++node)
    if (id_of(now, node) == id) return now.name(node);
  return "the unknown node " + id;
}

/// The one node that the parameter names, and its id.
struct Named {
  int number = -1;
  std::string id;
};
std::optional<Named> named(ClusterNow& now, const Parameters& with, std::string_view parameter,
                           std::string& problem) {
  const auto number = now.node(with.text(parameter), problem);
  return number ? std::optional(Named{*number, id_of(now, *number)}) : std::nullopt;
}

WhyNot why_not_in_role(ClusterNow& now, const View& view, const Named& node, bool master,
                       const std::optional<Named>& of) {
  const TopologyNode* seen = view.topology.find(node.id);
  if (!seen) return "does not know " + now.name(node.number);
  if (!seen->is(master ? kFlagMaster : kFlagReplica))
    return fmt::format("has {} as a {}", now.name(node.number), master ? "replica" : "master");
  if (!of || seen->master_id == of->id) return std::nullopt;
  return fmt::format("has {} as a replica of {}", now.name(node.number), name_of(now, seen->master_id));
}

}  // namespace

std::string problem_with_role(const nlohmann::json& with) {
  if (with.at("of").is_null() || with.at("role").get<std::string>() != kRoleWords[0]) return {};
  return "'of' tells whose replica it shall be, and it shall be a master";
}

WhyNot why_not_role(ClusterNow& now, const Parameters& with) {
  std::string problem;
  const auto node = named(now, with, "node", problem);
  if (!node) return problem;
  std::optional<Named> of;
  if (with.has("of") && !(of = named(now, with, "of", problem))) return problem;
  const bool master = with.text("role") == kRoleWords[0];
  const auto why = [&](int, const View& view) { return why_not_in_role(now, view, *node, master, of); };
  if (auto own = ask_views(now, now.name(node->number), why)) return own;
  return ask_views(now, with.text("by"), why);
}

WhyNot why_not_owner(ClusterNow& now, const Parameters& with) {
  const int slot = static_cast<int>(with.integer("slot"));
  const bool nobody = with.text("node") == "none";
  std::string problem;
  std::optional<Named> node;
  if (!nobody && !(node = named(now, with, "node", problem))) return problem;
  return ask_views(now, with.text("by"), [&](int, const View& view) -> WhyNot {
    const TopologyNode* owner = view.topology.owner_of(slot);
    if (nobody ? !owner : owner && owner->id == node->id) return std::nullopt;
    return fmt::format("has {} as owner of slot {}", owner ? name_of(now, owner->id) : "nobody", slot);
  });
}

WhyNot why_not_knows(ClusterNow& now, const Parameters& with) {
  std::string problem;
  const auto node = named(now, with, "node", problem);
  if (!node) return problem;
  const auto flag =
      with.has("flag")
          ? std::optional(kFlagBits[std::ranges::find(kFlagWords, with.text("flag")) - kFlagWords.begin()])
          : std::nullopt;
  return ask_views(now, with.text("by"), [&](int viewer, const View& view) -> WhyNot {
    // Nobody has a flag against himself: the others' word counts.
    if (flag && viewer == node->number && with.text("by") == "all") return std::nullopt;
    const TopologyNode* seen = view.topology.find(node->id);
    if (!seen) return "does not know " + now.name(node->number);
    if (!flag || seen->is(*flag)) return std::nullopt;
    return fmt::format("knows {} without the flag {}", now.name(node->number), with.text("flag"));
  });
}

WhyNot why_not_epoch(ClusterNow& now, const Parameters& with) {
  std::string problem;
  const auto node = named(now, with, "node", problem);
  if (!node) return problem;
  const std::string by = with.has("by") ? with.text("by") : now.name(node->number);
  return ask_views(now, by, [&](int, const View& view) -> WhyNot {
    const TopologyNode* seen = view.topology.find(node->id);
    if (!seen) return "does not know " + now.name(node->number);
    if (static_cast<std::int64_t>(seen->config_epoch) >= with.integer("at-least")) return std::nullopt;
    return fmt::format("has {} at config epoch {}", now.name(node->number), seen->config_epoch);
  });
}

}  // namespace harness

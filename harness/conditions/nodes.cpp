#include "harness/conditions/nodes.h"

#include <fmt/format.h>

#include "harness/conditions/ask.h"

namespace harness {
namespace {

/// Calls `why(node)` for each node that the parameter names.
WhyNot for_each(ClusterNow& now, const Parameters& with, const std::function<WhyNot(int)>& why) {
  std::string problem;
  const std::vector<int> numbers = now.nodes(with.text("node"), problem);
  if (numbers.empty()) return problem;
  for (const int number : numbers)
    if (WhyNot reason = why(number)) return reason;
  return std::nullopt;
}

/// The node's own INFO replication, asked now.
std::optional<ReplicationInfo> replication_of(ClusterNow& now, int node, std::string& problem) {
  const auto reply = ask_node(now.cluster().node(node), {"INFO", "replication"}, problem);
  if (!reply) return std::nullopt;
  return parse_info_replication(reply->text);
}

}  // namespace

WhyNot why_not_link(ClusterNow& now, const Parameters& with) {
  const bool up = with.text("status") == kLinkWords[0];
  return for_each(now, with, [&](int node) -> WhyNot {
    const View& view = now.roles().view(node);
    if (!view.reachable) return fmt::format("{} does not answer: {}", now.name(node), view.error);
    if (view.replication.is_master) return now.name(node) + " is a master";
    if (view.replication.link_up == up) return std::nullopt;
    return fmt::format("the link of {} is {}", now.name(node), up ? "down" : "up");
  });
}

/// The master is asked before the replica: what it had sent then, the replica must have applied, however many
/// writes are under way.
WhyNot why_not_in_sync(ClusterNow& now, const Parameters& with) {
  return for_each(now, with, [&](int node) -> WhyNot {
    std::string problem;
    const auto before = replication_of(now, node, problem);
    if (!before) return problem;
    if (before->is_master) return now.name(node) + " is a master";
    const auto number = now.cluster().node_at(before->master_ip, before->master_port);
    if (!number) return now.name(node) + " replicates an unknown node";
    const auto master = replication_of(now, *number, problem);
    if (!master) return problem;
    const auto replica = replication_of(now, node, problem);
    if (!replica) return problem;
    if (!replica->link_up) return "the link of " + now.name(node) + " is down";
    if (replica->replication_id != master->replication_id)
      return now.name(node) + " has another history than its master";
    if (replica->offset >= master->offset) return std::nullopt;
    return fmt::format("{} is {} bytes behind", now.name(node), master->offset - replica->offset);
  });
}

WhyNot why_not_alive(ClusterNow& now, const Parameters& with) {
  return for_each(now, with, [&](int node) -> WhyNot {
    if (now.cluster().node(node).running()) return std::nullopt;
    return now.name(node) + " is dead";
  });
}

WhyNot why_not_dead(ClusterNow& now, const Parameters& with) {
  return for_each(now, with, [&](int node) -> WhyNot {
    if (!now.cluster().node(node).running()) return std::nullopt;
    return now.name(node) + " runs";
  });
}

WhyNot why_not_loaded(ClusterNow& now, const Parameters& with) {
  return for_each(now, with, [&](int node) -> WhyNot {
    std::string problem;
    const auto reply = ask_node(now.cluster().node(node), {"INFO", "persistence"}, problem);
    if (!reply) return problem;
    if (reply->is_error()) return now.name(node) + " answered " + reply->text;
    if (reply->text.find("\nloading:1") != std::string::npos) return now.name(node) + " is loading";
    return std::nullopt;
  });
}

}  // namespace harness

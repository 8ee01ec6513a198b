#include "harness/conditions/ask.h"

#include "harness/client/outcome.h"

namespace harness {
namespace {

constexpr Timeouts kPatience{std::chrono::milliseconds(500), std::chrono::milliseconds(2000)};
constexpr int kRedirectionsMax = 5;

/// The last reply to the commands.
std::optional<Reply> ask(const Node& node, const std::vector<Command>& commands, std::string& problem) {
  auto connection = node.connect(kPatience);
  if (!connection) {
    problem = node.name() + ": " + connection.error().text;
    return std::nullopt;
  }
  auto replies = connection->pipeline(commands);
  if (replies) return std::move(replies->back());
  problem = node.name() + ": " + replies.error().text;
  return std::nullopt;
}

}  // namespace

std::optional<Reply> ask_node(const Node& node, const Command& command, std::string& problem) {
  return ask(node, {command}, problem);
}

std::optional<Reply> ask_readonly(const Node& node, const Command& command, std::string& problem) {
  return ask(node, {{"READONLY"}, command}, problem);
}

std::optional<Reply> ask_cluster(Cluster& cluster, const Node& first, const Command& command,
                                 std::string& problem) {
  const Node* node = &first;
  bool asking = false;
  for (int hop = 0; hop < kRedirectionsMax; ++hop) {
    auto reply = asking ? ask(*node, {{"ASKING"}, command}, problem) : ask(*node, {command}, problem);
    if (!reply) return std::nullopt;
    const auto code = reply->error_code();
    if (code != "MOVED" && code != "ASK") return reply;
    asking = code == "ASK";
    const Redirection there = parse_redirection(reply->text);
    const auto number =
        there.valid ? cluster.node_at(there.ip.empty() ? node->ip() : there.ip, there.port) : std::nullopt;
    if (!number) problem = "redirected to an unknown node: " + reply->text;
    if (!number) return std::nullopt;
    node = &cluster.node(*number);
  }
  problem = "redirected again and again";
  return std::nullopt;
}

}  // namespace harness

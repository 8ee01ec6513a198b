#include "harness/faults/settings/acl_change.h"

#include <sstream>

#include "harness/faults/common/administration.h"
#include "harness/faults/common/target.h"

namespace harness {
namespace {

/// The user that heals: the default user may have lost the right to.
constexpr const char* kHealer = "harness-healer";
constexpr std::string_view kDefaultUser = "user default ";

/// What follows "user default " in ACL LIST; nothing, with the reason, when it cannot be had.
std::optional<std::string> rules_in(const Reply& list) {
  for (const Reply& line : list.elements)
    if (line.text.starts_with(kDefaultUser)) return line.text.substr(kDefaultUser.size());
  return std::nullopt;
}

Command set_user(const std::string& name, const std::string& rules) {
  Command command = {"ACL", "SETUSER", name};
  std::istringstream words(rules);
  for (std::string word; words >> word;) command.push_back(word);
  return command;
}

struct Rights {
  Node* node;
  std::string before;
};

/// Sends the commands as the healer; the last reply, or nothing with the reason.
std::optional<Reply> as_healer(const Node& node, std::vector<Command> commands, std::string& problem) {
  auto connection = node.connect({std::chrono::seconds(1), std::chrono::seconds(5)});
  if (!connection) problem = connection.error().text;
  if (!connection) return std::nullopt;
  commands.insert(commands.begin(), {"AUTH", kHealer, "any"});
  auto replies = connection->pipeline(commands);
  if (!replies) problem = replies.error().text;
  if (!replies) return std::nullopt;
  for (const Reply& reply : *replies)
    if (reply.is_error() && problem.empty()) problem = node.name() + ": " + reply.text;
  return problem.empty() ? std::optional(std::move(replies->back())) : std::nullopt;
}

/// Gives the default user its rules back. A process that was started since has them from its configuration.
bool restore(const Rights& rights, std::string& problem) {
  if (!rights.node->running()) return true;
  std::string trouble;
  as_healer(
      *rights.node,
      {set_user("default", "resetkeys resetchannels -@all " + rights.before), {"ACL", "DELUSER", kHealer}},
      trouble);
  const auto list = tell(*rights.node, {"ACL", "LIST"}, problem);
  if (!list) return false;
  if (rules_in(*list) == rights.before) return true;
  problem = trouble.empty() ? rights.node->name() + " has other rules than before" : trouble;
  return false;
}

class Denial final : public ActiveFault {
 public:
  Denial(std::vector<Rights> rights, const RunClock& clock) : rights_(std::move(rights)), clock_(clock) {}
  ~Denial() override {
    std::string ignored;  // unwinding: nobody is left to tell
    for (const Rights& one : rights_)
      if (!healed_) restore(one, ignored);
  }

  void heal(FaultRecord& record) override {
    if (healed_) return;
    healed_ = true;
    record.heal_requested = clock_.now();
    for (const Rights& one : rights_) restore(one, record.error);
    if (record.error.empty()) record.healed = clock_.now();
  }

 private:
  const std::vector<Rights> rights_;
  const RunClock& clock_;
  bool healed_ = false;
};

/// "-@write -get" of "@write get".
std::string denial_of(const std::string& deny) {
  std::istringstream words(deny);
  std::string rules;
  for (std::string word; words >> word;) rules += (rules.empty() ? "-" : " -") + word;
  return rules;
}

}  // namespace

std::unique_ptr<ActiveFault> inject_acl_change(FaultContext& context, const FaultRequest& request,
                                               FaultRecord& record) {
  const TargetNodes aim = resolve_target(context, request.target);
  const std::string denial = denial_of(request.with.text("deny"));
  record.description = "deny clients " + request.with.text("deny") + " on " + aim.description;
  record.requested = context.clock.now();
  record.error = aim.problem;
  std::vector<Rights> rights;
  for (Node* node : aim.nodes) {
    record.nodes.push_back(node->number());
    const auto list = tell(*node, {"ACL", "LIST"}, record.error);
    const auto before = list ? rules_in(*list) : std::nullopt;
    if (!before) break;
    rights.push_back({node, *before});
    if (!tell(*node, set_user(kHealer, "on nopass ~* &* +@all"), record.error) ||
        !tell(*node, set_user("default", denial), record.error))
      break;
    const auto now = as_healer(*node, {{"ACL", "LIST"}}, record.error);
    const auto after = now ? rules_in(*now) : std::nullopt;
    if (record.error.empty() && after == before) record.error = node->name() + " has the rules that it had";
    record.evidence += (record.evidence.empty() ? "" : ", ") + node->name() + ": " + after.value_or("?");
  }
  Effect effect;
  effect.kind = EffectKind::kClients;
  effect.nodes = record.nodes;
  effect.detail = denial;
  record.effects = {effect};
  if (record.error.empty()) record.active = context.clock.now();
  return std::make_unique<Denial>(std::move(rights), context.clock);
}

}  // namespace harness

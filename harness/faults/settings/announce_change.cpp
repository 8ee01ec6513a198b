#include "harness/faults/settings/announce_change.h"

#include <sstream>

#include "harness/core/wait.h"
#include "harness/faults/common/administration.h"
#include "harness/faults/common/target.h"

namespace harness {
namespace {

constexpr const char* kDirective = "cluster-announce-hostname";
constexpr std::chrono::seconds kAnnounceChangePatience(10);

/// The name in the node's line of CLUSTER NODES: "ID ip:port@busport,NAME,... flags ...".
std::string hostname_in(const std::string& nodes, const std::string& id) {
  std::istringstream lines(nodes);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(id)) continue;
    const std::string address = line.substr(id.size() + 1, line.find(' ', id.size() + 1) - id.size() - 1);
    const std::size_t comma = address.find(',');
    if (comma == std::string::npos) return {};
    const std::string rest = address.substr(comma + 1);
    return rest.substr(0, rest.find(','));
  }
  return {};
}

/// Waits until every member that answers has the name for the node. False with the reason.
bool announced(FaultContext& context, const Node& node, const std::string& name, std::string& problem) {
  const std::string id = id_of(context.cluster, context.cluster.look(), node.number());
  return wait_for(
      kAnnounceChangePatience,
      [&] {
        problem.clear();
        for (const int member : members(context.cluster.look())) {
          std::string trouble;
          const auto nodes = tell(context.cluster.node(member), {"CLUSTER", "NODES"}, trouble);
          if (nodes && hostname_in(nodes->text, id) != name)
            problem = "n" + std::to_string(member + 1) + " has another name for " + node.name();
        }
        return problem.empty();
      },
      std::chrono::milliseconds(50));
}

class Renamed final : public ActiveFault {
 public:
  Renamed(FaultContext context, Node& node, std::string before)
      : context_(std::move(context)), node_(node), before_(std::move(before)) {}
  ~Renamed() override {
    std::string ignored;  // unwinding: nobody is left to tell
    if (!healed_) tell(node_, {"CONFIG", "SET", kDirective, before_}, ignored);
  }

  /// A node that is dead reads its configuration file when it starts: the name is gone with its process.
  void heal(FaultRecord& record) override {
    if (healed_) return;
    healed_ = true;
    record.heal_requested = context_.clock.now();
    if (!node_.running() || (tell(node_, {"CONFIG", "SET", kDirective, before_}, record.error) &&
                             announced(context_, node_, before_, record.error)))
      record.healed = context_.clock.now();
  }

 private:
  FaultContext context_;
  Node& node_;
  const std::string before_;
  bool healed_ = false;
};

}  // namespace

std::unique_ptr<ActiveFault> inject_announce_change(FaultContext& context, const FaultRequest& request,
                                                    FaultRecord& record) {
  Node* node = aim_at_one(context, request.target, record);
  if (!node) return nullptr;
  const std::string name = request.with.text("hostname");
  record.description = "announce " + record.description + " as " + name;
  Effect effect;
  effect.kind = EffectKind::kConfig;
  effect.nodes = record.nodes;
  effect.detail = std::string(kDirective) + " " + name;
  record.effects = {effect};
  record.requested = context.clock.now();
  const auto before = tell(*node, {"CONFIG", "GET", kDirective}, record.error);
  if (before && before->elements.size() != 2) record.error = node->name() + " has no directive " + kDirective;
  if (!record.error.empty() || !tell(*node, {"CONFIG", "SET", kDirective, name}, record.error))
    return nullptr;
  auto active = std::make_unique<Renamed>(context, *node, before->elements[1].text);
  if (announced(context, *node, name, record.error)) {
    record.active = context.clock.now();
    record.evidence = "all members have " + node->name() + " as " + name;
  }
  return active;
}

}  // namespace harness

#include "harness/faults/settings/port_change.h"

#include "harness/core/wait.h"
#include "harness/faults/common/administration.h"
#include "harness/faults/common/target.h"

namespace harness {
namespace {

constexpr int kBusOffset = 10'000;
constexpr std::chrono::seconds kPortChangePatience(10);

/// The servers derive the bus port that they announce from the clients' port, while the bus listens where it
/// did: so it is announced by number. 0: derived again.
Command listen_at(int port, int announced_bus) {
  return {"CONFIG",
          "SET",
          "port",
          std::to_string(port),
          "cluster-announce-bus-port",
          std::to_string(announced_bus)};
}

/// Waits until the node answers there, the other port refuses, and every member that answers has it there.
bool serves_at(FaultContext& context, Node& node, int port, int other, std::string& problem) {
  const std::string id = id_of(context.cluster, context.cluster.look(), node.number());
  return wait_for(
      kPortChangePatience,
      [&] {
        problem.clear();
        std::string ignored;
        if (!tell(node, {"PING"}, ignored))
          problem = node.name() + " does not answer at " + std::to_string(port);
        if (Connection::open(node.ip(), other, {}))
          problem = node.name() + " still takes connections at " + std::to_string(other);
        const Roles roles = context.cluster.look();
        for (const View& view : roles.views()) {
          const TopologyNode* seen = view.reachable ? view.topology.find(id) : nullptr;
          if (seen && seen->port != port)
            problem = "n" + std::to_string(view.node + 1) + " has " + node.name() + " at " +
                      std::to_string(seen->port);
        }
        return problem.empty();
      },
      std::chrono::milliseconds(50));
}

class Elsewhere final : public ActiveFault {
 public:
  Elsewhere(FaultContext context, Node& node, int port)
      : context_(std::move(context)), node_(node), port_(port), life_(node.pid()) {}
  ~Elsewhere() override {
    std::string ignored;  // unwinding: nobody is left to tell
    if (!healed_) go_back(ignored);
  }

  void heal(FaultRecord& record) override {
    if (healed_) return;
    healed_ = true;
    record.heal_requested = context_.clock.now();
    if (go_back(record.error)) record.healed = context_.clock.now();
  }

 private:
  /// A node that died meanwhile is, or will start, at its configured port.
  bool go_back(std::string& problem) {
    if (!node_.running() || node_.pid() != life_) return true;
    const int configured = node_.configured_port();
    if (!tell(node_, listen_at(configured, 0), problem)) return false;
    node_.serves_at(configured);
    return serves_at(context_, node_, configured, port_, problem);
  }

  FaultContext context_;
  Node& node_;
  const int port_;
  const int life_;
  bool healed_ = false;
};

}  // namespace

std::unique_ptr<ActiveFault> inject_port_change(FaultContext& context, const FaultRequest& request,
                                                FaultRecord& record) {
  Node* node = aim_at_one(context, request.target, record);
  if (!node) return nullptr;
  const int port = static_cast<int>(request.with.integer("port"));
  const int before = node->port();
  record.description = "port of " + record.description + " becomes " + std::to_string(port);
  Effect effect;
  effect.kind = EffectKind::kConfig;
  effect.nodes = record.nodes;
  effect.detail = "port " + std::to_string(port);
  record.effects = {effect};
  record.requested = context.clock.now();
  if (port == before || before != node->configured_port()) {
    record.error = node->name() + " does not serve at its configured port, or at this one already";
    return nullptr;
  }
  if (!tell(*node, listen_at(port, before + kBusOffset), record.error)) return nullptr;
  node->serves_at(port);
  auto active = std::make_unique<Elsewhere>(context, *node, port);
  if (serves_at(context, *node, port, before, record.error)) {
    record.active = context.clock.now();
    record.evidence = node->name() + " answers at " + std::to_string(port) + ", no more at " +
                      std::to_string(before) + ", and all members have it there";
  }
  return active;
}

}  // namespace harness

#include "harness/faults/client_pause.h"

#include "harness/core/wait.h"
#include "harness/faults/administration.h"
#include "harness/faults/target.h"

namespace harness {
namespace {

/// A command that either mode holds back, and that changes nothing.
const Command kProbe = {"PUBLISH", "harness:probe", ""};
constexpr std::chrono::milliseconds kMoment(250);
constexpr std::chrono::seconds kGrace(5);

bool held_back(const Node& node) {
  std::string problem;
  return !tell(node, kProbe, problem, kMoment);
}

class ClientPause final : public ActiveFault {
 public:
  ClientPause(Node& node, const RunClock& clock, std::chrono::milliseconds time)
      : node_(node), clock_(clock), time_(time) {}
  ~ClientPause() override {
    std::string ignored;  // unwinding: the pause ends by itself
    if (!healed_) tell(node_, {"CLIENT", "UNPAUSE"}, ignored, kMoment);
  }

  /// A pause of all commands holds CLIENT UNPAUSE back too, and then ends by itself.
  void heal(FaultRecord& record) override {
    if (healed_) return;
    healed_ = true;
    record.heal_requested = clock_.now();
    std::string ignored;
    tell(node_, {"CLIENT", "UNPAUSE"}, ignored, kMoment);
    if (wait_for(
            time_ + kGrace, [&] { return !held_back(node_) || !node_.running(); },
            std::chrono::milliseconds(10)))
      record.healed = clock_.now();
    else
      record.error = node_.name() + " still holds its clients back";
  }

 private:
  Node& node_;
  const RunClock& clock_;
  const std::chrono::milliseconds time_;
  bool healed_ = false;
};

}  // namespace

std::unique_ptr<ActiveFault> inject_client_pause(FaultContext& context, const FaultRequest& request,
                                                 FaultRecord& record) {
  Node* node = aim_at_one(context, request.target, record);
  if (!node) return nullptr;
  const std::string mode = request.with.text("mode");
  const std::chrono::milliseconds time(request.with.integer("time"));
  record.description = "hold " + mode + " commands back on " + record.description;
  Effect effect;
  effect.kind = EffectKind::kClients;
  effect.nodes = record.nodes;
  effect.detail = mode;
  record.effects = {effect};
  record.requested = context.clock.now();
  if (!tell(*node, {"CLIENT", "PAUSE", std::to_string(time.count()), mode}, record.error)) return nullptr;
  auto active = std::make_unique<ClientPause>(*node, context.clock, time);
  const Nanos asked = context.clock.now();
  if (held_back(*node) && node->running()) {
    record.active = asked;
    record.evidence = node->name() + " does not answer " + kProbe[0];
  } else {
    record.error = node->name() + " still serves its clients";
  }
  return active;
}

}  // namespace harness

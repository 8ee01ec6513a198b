#include "harness/faults/settings/client_pause.h"

#include <map>
#include <mutex>

#include "harness/core/wait.h"
#include "harness/faults/common/administration.h"
#include "harness/faults/common/target.h"

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

/// How many pauses each node is under. To the server they are one: its clients go on when the last one is
/// healed.
class Pauses {
 public:
  void begin(const Node& node) {
    const std::lock_guard lock(mutex_);
    ++of_[&node];
  }
  /// Whether it was the last one.
  bool end(const Node& node) {
    const std::lock_guard lock(mutex_);
    const auto found = of_.find(&node);
    if (--found->second > 0) return false;
    of_.erase(found);
    return true;
  }

 private:
  std::mutex mutex_;
  std::map<const Node*, int> of_;
};

Pauses& pauses() {
  static Pauses all;
  return all;
}

class ClientPause final : public ActiveFault {
 public:
  ClientPause(Node& node, const RunClock& clock, std::chrono::milliseconds time)
      : node_(node), clock_(clock), time_(time) {
    pauses().begin(node);
  }
  ~ClientPause() override {
    std::string ignored;  // unwinding: the pause ends by itself
    if (!healed_ && pauses().end(node_)) tell(node_, {"CLIENT", "UNPAUSE"}, ignored, kMoment);
  }

  /// A pause of all commands holds CLIENT UNPAUSE back too, and then ends by itself.
  void heal(FaultRecord& record) override {
    if (healed_) return;
    healed_ = true;
    record.heal_requested = clock_.now();
    if (!pauses().end(node_)) {
      record.healed = clock_.now();
      record.evidence += "; another pause goes on";
      return;
    }
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
  // Counted first, so that no pause that is healed meanwhile ends this one.
  auto active = std::make_unique<ClientPause>(*node, context.clock, time);
  if (!tell(*node, {"CLIENT", "PAUSE", std::to_string(time.count()), mode}, record.error)) return nullptr;
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

#include "harness/faults/process/pause.h"

#include "harness/core/wait.h"
#include "harness/faults/common/target.h"

namespace harness {
namespace {

constexpr std::chrono::seconds kPausePatience(5);

class Pause final : public ActiveFault {
 public:
  Pause(Node& node, const RunClock& clock) : node_(node), clock_(clock), pid_(node.pid()) {}
  ~Pause() override {
    if (!healed_) node_.thaw();
  }

  /// Another pause of the node may still hold it; one that a fault has killed meanwhile is stopped no more.
  void heal(FaultRecord& record) override {
    if (healed_) return;
    record.heal_requested = clock_.now();
    healed_ = true;
    const bool goes_on = node_.thaw();
    if (goes_on && !wait_for(
                       kPausePatience, [&] { return node_.state() != 'T'; }, std::chrono::milliseconds(1)))
      record.error = node_.name() + " is still stopped after SIGCONT";
    else if (died_by_itself())
      record.error = node_.name() + " died while it was stopped";
    else
      record.healed = clock_.now();
  }

 private:
  bool died_by_itself() const {
    for (const Incarnation& life : node_.incarnations({}))
      if (life.pid == pid_) return life.ended != kNever && !life.expected;
    return false;
  }

  Node& node_;
  const RunClock& clock_;
  const int pid_;
  bool healed_ = false;
};

}  // namespace

std::unique_ptr<ActiveFault> inject_pause(FaultContext& context, const FaultRequest& request,
                                          FaultRecord& record) {
  Node* node = aim_at_one(context, request.target, record);
  if (!node) return nullptr;
  record.description = "pause " + record.description;
  Effect stopped;
  stopped.kind = EffectKind::kStopped;
  stopped.nodes = record.nodes;
  stopped.excuses.dead_link = true;
  record.effects = {stopped};
  record.requested = context.clock.now();
  if (!node->freeze()) {
    record.error = node->name() + " does not run";
    return nullptr;
  }
  auto active = std::make_unique<Pause>(*node, context.clock);
  if (wait_for(
          kPausePatience, [&] { return node->state() == 'T'; }, std::chrono::milliseconds(1))) {
    record.active = context.clock.now();
    record.evidence = "process " + std::to_string(node->pid()) + " is in state T (stopped)";
  } else {
    record.error = node->name() + " did not stop on SIGSTOP";
  }
  return active;
}

}  // namespace harness

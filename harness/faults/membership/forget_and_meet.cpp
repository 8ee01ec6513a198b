#include "harness/faults/membership/forget_and_meet.h"

#include "harness/core/wait.h"
#include "harness/faults/common/administration.h"
#include "harness/faults/common/target.h"

namespace harness {
namespace {

constexpr std::chrono::seconds kBan(75);
constexpr std::chrono::seconds kStays(2);

class Stranger final : public ActiveFault {
 public:
  Stranger(FaultContext context, int node) : context_(std::move(context)), node_(node) {
    context_.stopped = [] { return false; };  // healing is what a run that is stopped waits for
  }
  ~Stranger() override {
    std::string ignored;  // unwinding: nobody is left to tell
    if (!healed_) meet(context_, node_, ignored);
  }

  void heal(FaultRecord& record) override {
    if (healed_) return;
    healed_ = true;
    record.heal_requested = context_.clock.now();
    std::string problem;
    // Whoever has forgotten a node does not listen to talk of it for a minute, since Redis 7.2 not even to
    // MEET.
    const bool met = wait_for(
        kBan, [&] { return meet(context_, node_, problem) && stays(); }, std::chrono::milliseconds(100));
    if (met)
      record.healed = context_.clock.now();
    else
      record.error = problem;
  }

 private:
  /// Those who have met it again may still hear from one that has not: since 7.2 nodes tell each other whom
  /// to forget, and it is gone once more.
  bool stays() const {
    return !wait_for(
        kStays,
        [&] {
          const Roles now = context_.cluster.look();
          return why_not_known(context_.cluster, now, node_, true).has_value();
        },
        std::chrono::milliseconds(100));
  }

  FaultContext context_;
  const int node_;
  bool healed_ = false;
};

}  // namespace

std::unique_ptr<ActiveFault> inject_forget_and_meet(FaultContext& context, const FaultRequest& request,
                                                    FaultRecord& record) {
  Node* node = aim_at_one(context, request.target, record);
  if (!node) return nullptr;
  record.description = "forget " + record.description;
  record.effects = {membership_effect(record.nodes, record.description)};
  record.requested = context.clock.now();
  auto active = std::make_unique<Stranger>(context, node->number());
  std::string refused;  // a replica does not forget its master: then the views show it
  forget(context, node->number(), refused);
  const bool seen = verify_by_views(context, record, std::chrono::seconds(5), [&](const Roles& roles) {
    return why_not_known(context.cluster, roles, node->number(), false);
  });
  if (seen) record.evidence = "no other member lists " + node->name();
  if (!seen && !refused.empty()) record.error += " (" + refused + ")";
  return active;
}

}  // namespace harness

#include "harness/faults/network/half_open.h"

#include "harness/faults/common/target.h"
#include "harness/faults/network/cut.h"

namespace harness {
namespace {

class HalfOpen final : public ActiveFault {
 public:
  HalfOpen(std::unique_ptr<Drop> resets, const RunClock& clock) : resets_(std::move(resets)), clock_(clock) {}
  std::uint64_t dropped() const { return resets_->packets(); }

  void heal(FaultRecord& record) override {
    if (healed_) return;
    record.heal_requested = clock_.now();
    record.evidence += ", " + std::to_string(dropped()) + " resets dropped in all";
    resets_->remove();
    healed_ = true;
    record.healed = clock_.now();
  }

 private:
  std::unique_ptr<Drop> resets_;
  const RunClock& clock_;
  bool healed_ = false;
};

}  // namespace

std::unique_ptr<ActiveFault> inject_half_open(FaultContext& context, const FaultRequest& request,
                                              FaultRecord& record) {
  const Node* node = aim_at_one(context, request.target, record);
  if (!node) return nullptr;
  Host& host = host_of(context, node->number());
  const std::vector<Host*> peers = peers_of(context, host, request.with);
  const Traffic traffic = traffic_of(request.with);
  const int port = port_of(*node, traffic);
  record.description = "half-open connections at " + record.description;
  record.effects = {dead_connections(host, peers, traffic, record)};
  record.requested = context.clock.now();
  auto active = std::make_unique<HalfOpen>(
      host.drop({.from = {}, .to = addresses_of(peers), .port = port, .resets_only = true}), context.clock);
  const int ended = host.reset_connections({addresses_of(peers), port});
  if (ended > 0 && active->dropped() > 0) {
    record.active = context.clock.now();
    record.evidence = std::to_string(ended) + " connections forgotten, " + std::to_string(active->dropped()) +
                      " resets dropped";
    return active;
  }
  record.error = node->name() + " had no such connection";
  return nullptr;
}

}  // namespace harness

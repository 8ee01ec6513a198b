#include "harness/faults/network/reset.h"

#include "harness/faults/common/target.h"
#include "harness/faults/network/cut.h"

namespace harness {

std::unique_ptr<ActiveFault> inject_reset(FaultContext& context, const FaultRequest& request,
                                          FaultRecord& record) {
  const Node* node = aim_at_one(context, request.target, record);
  if (!node) return nullptr;
  Host& host = host_of(context, node->number());
  const std::vector<Host*> peers = peers_of(context, host, request.with);
  const Traffic traffic = traffic_of(request.with);
  record.description = "reset connections of " + record.description;
  record.effects = {dead_connections(host, peers, traffic, record)};
  record.requested = context.clock.now();
  const int ended = host.reset_connections({addresses_of(peers), port_of(*node, traffic)});
  if (ended == 0) {
    record.error = node->name() + " had no such connection";
    return nullptr;
  }
  record.evidence = std::to_string(ended) + " connections reset";
  // A moment, over as soon as it was: whoever was cut off connects again.
  record.active = record.heal_requested = record.healed = context.clock.now();
  return nullptr;
}

}  // namespace harness

#include "harness/faults/network/cut_port.h"

#include "harness/faults/common/target.h"
#include "harness/faults/network/cut.h"

namespace harness {

std::unique_ptr<ActiveFault> inject_cut_port(FaultContext& context, const FaultRequest& request,
                                             FaultRecord& record) {
  const Node* node = aim_at_one(context, request.target, record);
  if (!node) return nullptr;
  record.description = "cut the client port of " + node->name();
  Host& host = host_of(context, node->number());
  Cut cut;
  cut.traffic = Traffic::kClientPort;
  cut.port = port_of(*node, cut.traffic);
  cut.hosts = {cut_at(host, everybody_but(context, {&host}), request.with)};
  return put_in_force(context, std::move(cut), record);
}

}  // namespace harness

#include "harness/faults/network/cut_clients.h"

#include "harness/faults/common/target.h"
#include "harness/faults/network/cut.h"

namespace harness {

std::unique_ptr<ActiveFault> inject_cut_clients(FaultContext& context, const FaultRequest& request,
                                                FaultRecord& record) {
  const Node* node = aim_at_one(context, request.target, record);
  if (!node) return nullptr;
  record.description = "cut clients | " + node->name();
  Cut cut;
  cut.hosts = {cut_at(host_of(context, node->number()), context.client_hosts, request.with)};
  return put_in_force(context, std::move(cut), record);
}

}  // namespace harness

#include "harness/faults/network/partition_bridge.h"

#include "harness/faults/common/target.h"
#include "harness/faults/network/cut.h"

namespace harness {

std::unique_ptr<ActiveFault> inject_partition_bridge(FaultContext& context, const FaultRequest& request,
                                                     FaultRecord& record) {
  const Node* node = aim_at_one(context, request.target, record);
  if (!node) return nullptr;
  std::vector<Host*> others;
  for (const int number : member_nodes(context))
    if (number != node->number()) others.push_back(&host_of(context, number));
  context.prng.shuffle(others);
  const auto middle = others.begin() + static_cast<std::ptrdiff_t>(others.size() / 2);
  const std::vector<Host*> one(others.begin(), middle), other(middle, others.end());
  if (one.empty()) {
    record.error = "a bridge needs two other nodes";
    return nullptr;
  }
  record.description =
      "bridge " + node->name() + ": " + joined(names_of(one)) + " | " + joined(names_of(other));
  Cut cut;
  for (Host* host : one) cut.hosts.push_back({host, other, other});
  return put_in_force(context, std::move(cut), record);
}

}  // namespace harness

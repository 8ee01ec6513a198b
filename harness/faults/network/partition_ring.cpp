#include "harness/faults/network/partition_ring.h"

#include <algorithm>

#include "harness/faults/common/target.h"
#include "harness/faults/network/cut.h"

namespace harness {
namespace {

/// The cuts of a ring in which each sees `reach` neighbours at either side.
Cut ring(const std::vector<Host*>& hosts, std::size_t reach) {
  Cut cut;
  const std::size_t size = hosts.size();
  for (std::size_t i = 0; i < size; ++i) {
    std::vector<Host*> unseen;
    for (std::size_t away = reach + 1; away + reach < size; ++away)
      unseen.push_back(hosts[(i + away) % size]);
    cut.hosts.push_back({hosts[i], unseen, {}});
  }
  return cut;
}

}  // namespace

std::unique_ptr<ActiveFault> inject_partition_ring(FaultContext& context, const FaultRequest& request,
                                                   FaultRecord& record) {
  const Node* node = aim_at_one(context, request.target, record);
  if (!node) return nullptr;
  std::vector<int> others;
  for (const int number : member_nodes(context))
    if (number != node->number()) others.push_back(number);
  context.prng.shuffle(others);
  if (others.size() < 3) {
    record.error = "a ring needs four nodes: of fewer, a majority sees everybody";
    return nullptr;
  }
  record.nodes.insert(record.nodes.end(), others.begin(), others.end());
  std::vector<Host*> hosts;
  for (int number : record.nodes) hosts.push_back(&host_of(context, number));
  // A majority is half of them and one more, itself among them.
  const std::size_t reach = (hosts.size() / 2 + 1) / 2;
  record.description =
      "ring " + joined(names_of(hosts)) + ", each sees " + std::to_string(2 * reach) + " others";
  return put_in_force(context, ring(hosts, reach), record);
}

}  // namespace harness

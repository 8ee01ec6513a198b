#include "harness/faults/network/partition.h"

#include <algorithm>

#include "harness/faults/common/target.h"
#include "harness/faults/network/cut.h"

namespace harness {
namespace {

/// The clients that go with the minority: the last group, unless it is the only one.
void add_minority_clients(FaultContext& context, std::vector<Host*>& inner) {
  if (context.client_hosts.size() > 1) inner.push_back(context.client_hosts.back());
}

/// The rules stand on the inner side's hosts alone: there both directions pass. The nodes that it acts on are
/// those of the inner side.
std::unique_ptr<ActiveFault> cut(FaultContext& context, const std::vector<Host*>& inner, bool one_way,
                                 FaultRecord& record) {
  const std::vector<Host*> outer = everybody_but(context, inner);
  record.sides = {names_of(inner), names_of(outer)};
  record.one_way = one_way;
  record.description =
      (one_way ? "mute " : "cut ") + joined(record.sides[0]) + " | " + joined(record.sides[1]);
  Cut cut;
  for (Host* host : inner) cut.hosts.push_back({host, one_way ? std::vector<Host*>{} : outer, outer});
  return put_in_force(context, std::move(cut), record);
}

/// Nodes of half the cluster: the target, then replicas first. The masters' majority stays on the other side,
/// with a replica of the target, if it has one: or nobody could take over.
std::vector<int> half_with(FaultContext& context, int target) {
  const Roles roles = context.cluster.look();
  const std::vector<int> masters = roles.masters();
  const std::vector<int> replicas_of_target = roles.replicas_of(target);
  const auto among = [](const std::vector<int>& numbers, int number) {
    return std::ranges::find(numbers, number) != numbers.end();
  };
  std::vector<int> others;
  const std::vector<int> all = member_nodes(context);
  for (const int number : all)
    if (number != target && !among(replicas_of_target, number)) others.push_back(number);
  context.prng.shuffle(others);
  std::ranges::stable_partition(others, [&](int number) { return !among(masters, number); });

  std::vector<int> half{target};
  std::size_t masters_inside = among(masters, target) ? 1 : 0;
  for (int number : others) {
    if (half.size() == all.size() / 2) break;
    if (among(masters, number) && 2 * ++masters_inside >= masters.size()) break;
    half.push_back(number);
  }
  return half;
}

}  // namespace

std::unique_ptr<ActiveFault> inject_partition_one(FaultContext& context, const FaultRequest& request,
                                                  FaultRecord& record) {
  Node* node = aim_at_one(context, request.target, record);
  return node ? cut(context, {&host_of(context, node->number())}, false, record) : nullptr;
}

std::unique_ptr<ActiveFault> inject_partition_minority(FaultContext& context, const FaultRequest& request,
                                                       FaultRecord& record) {
  Node* node = aim_at_one(context, request.target, record);
  if (!node) return nullptr;
  std::vector<Host*> inner{&host_of(context, node->number())};
  add_minority_clients(context, inner);
  return cut(context, inner, false, record);
}

std::unique_ptr<ActiveFault> inject_partition_halves(FaultContext& context, const FaultRequest& request,
                                                     FaultRecord& record) {
  Node* node = aim_at_one(context, request.target, record);
  if (!node) return nullptr;
  record.nodes = half_with(context, node->number());
  std::vector<Host*> inner;
  for (int number : record.nodes) inner.push_back(&host_of(context, number));
  add_minority_clients(context, inner);
  return cut(context, inner, false, record);
}

std::unique_ptr<ActiveFault> inject_partition_one_way(FaultContext& context, const FaultRequest& request,
                                                      FaultRecord& record) {
  Node* node = aim_at_one(context, request.target, record);
  return node ? cut(context, {&host_of(context, node->number())}, true, record) : nullptr;
}

}  // namespace harness

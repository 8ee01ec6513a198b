#include "harness/faults/network/cut_link.h"

#include "harness/faults/common/target.h"
#include "harness/faults/network/cut.h"

namespace harness {
namespace {

/// The other end; null: the record says why.
Node* other_end(FaultContext& context, const FaultRequest& request, const Node& from, FaultRecord& record) {
  if (request.with.has("to")) {
    const TargetNodes aim = resolve_target(context, request.with.text("to"));
    if (!aim.nodes.empty() && aim.nodes.front() != &from) return aim.nodes.front();
    record.error = aim.nodes.empty() ? aim.problem : "a link to itself cannot be cut: " + from.name();
    return nullptr;
  }
  if (context.cluster.size() < 2) {
    record.error = "there is no other node";
    return nullptr;
  }
  const auto steps = 1 + context.prng.below(static_cast<std::uint64_t>(context.cluster.size()) - 1);
  return &context.cluster.node((from.number() + static_cast<int>(steps)) % context.cluster.size());
}

}  // namespace

std::unique_ptr<ActiveFault> inject_cut_link(FaultContext& context, const FaultRequest& request,
                                             FaultRecord& record) {
  const Node* from = aim_at_one(context, request.target, record);
  const Node* to = from ? other_end(context, request, *from, record) : nullptr;
  if (!to) return nullptr;
  const bool both = request.with.flag("both-ways");
  record.nodes.push_back(to->number());
  record.description = "cut " + from->name() + (both ? " <-> " : " -> ") + to->name();
  // At both ends: a cut around the sender would keep every packet from rules at the receiver.
  const std::vector<Host*> sender{&host_of(context, from->number())};
  const std::vector<Host*> receiver{&host_of(context, to->number())};
  const std::vector<Host*> nobody;
  Cut cut;
  cut.traffic = traffic_of(request.with);
  cut.felt_by_all = false;
  cut.hosts = {{receiver.front(), sender, both ? sender : nobody},
               {sender.front(), both ? receiver : nobody, receiver}};
  return put_in_force(context, std::move(cut), record);
}

}  // namespace harness

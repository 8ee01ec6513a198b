#include "harness/faults/membership/impossible.h"

#include "harness/cluster/creation.h"

namespace harness {
namespace {

const NodeInfo* named_by(std::string_view parameter, const FaultRequest& request, const Creation& creation) {
  return request.with.has(parameter) ? creation.named(request.with.text(parameter)) : nullptr;
}

}  // namespace

std::string why_no_move(const FaultRequest& request, const Creation& creation) {
  const NodeInfo* from = creation.named(request.target);
  const NodeInfo* to = named_by("to", request, creation);
  if (from && creation.is_replica(*from))
    return creation.replica_words(*from) + " then, and has no slots to give: name a master";
  if (from && from->slots.empty()) return from->name + " has no slots to give then: name another master";
  if (to && creation.is_replica(*to))
    return creation.replica_words(*to) + " then, and slots go to masters: let 'to' name one";
  if (to && to->spare) return to->name + " is no member then: let 'to' name a master";
  if (from && from == to) return to->name + " has the slots already: let 'to' name another master";
  return {};
}

std::string why_no_handover(const FaultRequest& request, const Creation& creation) {
  const NodeInfo* node = creation.named(request.target);
  if (!node || creation.is_replica(*node)) return {};
  return node->name + (node->spare ? " is no member" : " is a master") +
         " then, and only a replica takes over: name one (replica-of " + node->name + ")";
}

std::string why_no_replication(const FaultRequest& request, const Creation& creation) {
  const NodeInfo* node = creation.named(request.target);
  const NodeInfo* of = named_by("of", request, creation);
  if (node && !node->slots.empty())
    return node->name + " is a master with slots then, and becomes nobody's replica: name a replica";
  if (of && !of->master) return of->name + " is no master then: let 'of' name one";
  return {};
}

std::string why_not_forgotten(const FaultRequest& request, const Creation& creation) {
  const std::string mend =
      "; its replicas refuse to forget their master, so it never takes hold: name a replica, or a master "
      "without replicas";
  const NodeInfo* node = creation.named(request.target);
  if (node && node->master && creation.has_replicas(*node)) return node->name + " is a master then" + mend;
  const bool any_master = request.target == "random-master" || request.target == "masters";
  if (any_master && creation.every_master_has_replicas()) return "it would be a master" + mend;
  return {};
}

}  // namespace harness

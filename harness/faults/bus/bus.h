// The means of every fault of single messages of the cluster bus: a rule of the bus path
// (harness/sandbox/bus_path.h). Each fault holds a rule of its own: faults overlap, and heal in any order.
#pragma once

#include <string>

#include "harness/faults/common/fault.h"
#include "harness/faults/network/degrade.h"

namespace harness {

inline constexpr Parameter kBusTypeParameter{
    "type", Parameter::Kind::kValue, "PING, FAILOVER_AUTH_ACK, ...; several, or any", {}, "\"any\""};
inline constexpr Parameter kBusFromParameter{
    "from",
    Parameter::Kind::kTarget,
    "the senders; with this or 'to' the step's target does not count",
    {},
    "null"};
inline constexpr Parameter kBusToParameter{"to", Parameter::Kind::kTarget, "the receivers", {}, "null"};
inline constexpr Parameter kBusCountParameter{
    "count", Parameter::Kind::kInteger, "so many messages, then no more; 0: all", "messages", "0", 0, 1e9};

/// What of the parameters the schema cannot judge: the types.
std::string problem_with_bus(const Parameters& with);

struct BusFaultRequest {
  BusFate act;
  std::string what;  // "drop"
  Nanos delay = 0;
  double loss_percent = 0;
};

/// Aims at links and puts the rule in force on them: from `from` to `to`; with neither of them, those of the
/// target, as `direction` says. Active from then on; verified when it ends: by then a message of the wanted
/// types must have felt it, else it is not active and the error says so.
std::unique_ptr<ActiveFault> act_on_bus(FaultContext& context, const FaultRequest& request,
                                        const BusFaultRequest& wanted, FaultRecord& record);

}  // namespace harness

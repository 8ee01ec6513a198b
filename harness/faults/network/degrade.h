// The means of every fault that degrades links: a rule of the userspace wire (harness/sandbox/wire.h) on the
// links of one node. Each fault holds a rule of its own: faults overlap, and heal in any order.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "harness/faults/common/fault.h"
#include "harness/faults/network/cut.h"

namespace harness {

/// Whose links with the node: everybody's, the nodes', the clients'.
inline constexpr std::string_view kPeersChoices[] = {"all", "nodes", "clients"};
inline constexpr Parameter kPeersParameter{
    "peers", Parameter::Kind::kChoice, "whose links with the node", {}, "\"all\"", 0, 0, kPeersChoices};
inline constexpr Parameter kDirectionParameter{
    "direction", Parameter::Kind::kChoice, "from the node's point of view", {}, "\"both\"", 0,
    0,           kDirectionChoices};
inline constexpr Parameter kPortParameter{
    "port", Parameter::Kind::kChoice, "connections of which port", {}, "\"all\"", 0, 0, kPortChoices};
constexpr Parameter percent_parameter(std::string_view fallback) {
  return {"percent", Parameter::Kind::kNumber, "of the frames", "percent", fallback, 0, 100};
}
double share_of(const Parameters& with, std::string_view percent);
Nanos millis_of(const Parameters& with, std::string_view name);

std::string plain_number(double number);  // "0.5", "100"

/// The hosts that the parameter "peers" names, without this one.
std::vector<Host*> peers_of(FaultContext& context, const Host& host, const Parameters& with);

struct DegradeRequest {
  WireRule rule;
  std::string what;                  // "delay 100 ms"
  std::uint64_t WireCounts::*proof;  // what counts the frames that felt it
  double delay_ms = 0;
  double loss_percent = 0;
};

/// Aims at one node and puts the rule in force on its links, as the parameters "peers" and "direction" say.
/// Active once a frame felt it; where few do, once frames came by.
std::unique_ptr<ActiveFault> degrade(FaultContext& context, const FaultRequest& request,
                                     const DegradeRequest& wanted, FaultRecord& record);

}  // namespace harness

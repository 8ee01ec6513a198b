#include "harness/faults/network/packet_corrupt.h"

namespace harness {

std::unique_ptr<ActiveFault> inject_packet_corrupt(FaultContext& context, const FaultRequest& request,
                                                   FaultRecord& record) {
  const Parameters& with = request.with;
  DegradeRequest wanted;
  wanted.rule.corrupt = share_of(with, "percent");
  wanted.loss_percent = with.number("percent");
  wanted.what = "damage to " + plain_number(with.number("percent")) + " percent";
  wanted.proof = &WireCounts::corrupted;
  return degrade(context, request, wanted, record);
}

}  // namespace harness

#include "harness/faults/network/packet_duplicate.h"

namespace harness {

std::unique_ptr<ActiveFault> inject_packet_duplicate(FaultContext& context, const FaultRequest& request,
                                                     FaultRecord& record) {
  const Parameters& with = request.with;
  DegradeRequest wanted;
  wanted.rule.duplicate = share_of(with, "percent");
  wanted.what = "copies of " + plain_number(with.number("percent")) + " percent";
  wanted.proof = &WireCounts::duplicated;
  return degrade(context, request, wanted, record);
}

}  // namespace harness

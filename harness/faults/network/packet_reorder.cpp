#include "harness/faults/network/packet_reorder.h"

namespace harness {

std::unique_ptr<ActiveFault> inject_packet_reorder(FaultContext& context, const FaultRequest& request,
                                                   FaultRecord& record) {
  const Parameters& with = request.with;
  DegradeRequest wanted;
  wanted.rule.reorder = share_of(with, "percent");
  wanted.rule.reorder_by = millis_of(with, "by");
  wanted.delay_ms = with.number("by");
  wanted.what = "disorder of " + plain_number(with.number("percent")) + " percent";
  wanted.proof = &WireCounts::reordered;
  return degrade(context, request, wanted, record);
}

}  // namespace harness

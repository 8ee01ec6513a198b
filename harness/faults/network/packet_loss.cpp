#include "harness/faults/network/packet_loss.h"

namespace harness {

std::unique_ptr<ActiveFault> inject_packet_loss(FaultContext& context, const FaultRequest& request,
                                                FaultRecord& record) {
  const Parameters& with = request.with;
  DegradeRequest wanted;
  wanted.rule.loss = share_of(with, "percent");
  wanted.rule.loss_burst = with.number("burst");
  wanted.loss_percent = with.number("percent");
  wanted.what = "loss of " + plain_number(with.number("percent")) + " percent";
  wanted.proof = &WireCounts::lost;
  return degrade(context, request, wanted, record);
}

}  // namespace harness

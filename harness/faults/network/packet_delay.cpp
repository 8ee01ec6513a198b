#include "harness/faults/network/packet_delay.h"

namespace harness {

std::unique_ptr<ActiveFault> inject_packet_delay(FaultContext& context, const FaultRequest& request,
                                                 FaultRecord& record) {
  const Parameters& with = request.with;
  DegradeRequest wanted;
  wanted.rule.delay = millis_of(with, "delay");
  wanted.rule.jitter = millis_of(with, "jitter");
  wanted.rule.jitter_correlation = share_of(with, "correlation");
  wanted.delay_ms = to_ms(wanted.rule.delay + wanted.rule.jitter);
  wanted.what = "delay of " + plain_number(with.number("delay")) + " ms";
  wanted.proof = &WireCounts::delayed;
  return degrade(context, request, wanted, record);
}

}  // namespace harness

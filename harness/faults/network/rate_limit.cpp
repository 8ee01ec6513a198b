#include "harness/faults/network/rate_limit.h"

namespace harness {

std::unique_ptr<ActiveFault> inject_rate_limit(FaultContext& context, const FaultRequest& request,
                                               FaultRecord& record) {
  const Parameters& with = request.with;
  DegradeRequest wanted;
  wanted.rule.bits_per_second = with.number("rate") * 1000;
  wanted.rule.backlog_bytes = static_cast<std::size_t>(with.integer("backlog"));
  wanted.delay_ms = static_cast<double>(wanted.rule.backlog_bytes) * 8 / with.number("rate");
  wanted.what = "limit of " + plain_number(with.number("rate")) + " kbit/s";
  wanted.proof = &WireCounts::delayed;
  return degrade(context, request, wanted, record);
}

}  // namespace harness

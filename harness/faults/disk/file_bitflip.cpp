#include "harness/faults/disk/file_bitflip.h"

#include <algorithm>

namespace harness {

std::unique_ptr<ActiveFault> inject_file_bitflip(FaultContext& context, const FaultRequest& request,
                                                 FaultRecord& record) {
  damage_file(context, request, record, [&](std::string& bytes, std::string& problem) -> std::string {
    const auto place = damage_place(request, bytes, problem);
    if (!place) return {};
    const std::size_t count =
        std::min(static_cast<std::size_t>(request.with.integer("bits")), bytes.size() - *place);
    for (std::size_t i = 0; i < count; ++i) {
      const auto bit = static_cast<unsigned>(context.prng.below(8));
      bytes[*place + i] = static_cast<char>(static_cast<unsigned char>(bytes[*place + i]) ^ (1U << bit));
    }
    return std::to_string(count) + " bits flipped from " + std::to_string(*place);
  });
  return nullptr;
}

}  // namespace harness

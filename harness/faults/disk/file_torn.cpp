#include "harness/faults/disk/file_torn.h"

#include <algorithm>

namespace harness {

std::unique_ptr<ActiveFault> inject_file_torn(FaultContext& context, const FaultRequest& request,
                                              FaultRecord& record) {
  damage_file(context, request, record, [&](std::string& bytes, std::string& problem) -> std::string {
    const auto place = damage_place(request, bytes, problem);
    if (!place) return {};
    const auto asked = static_cast<std::size_t>(request.with.integer("bytes"));
    const std::size_t left = bytes.size() - *place;
    const std::size_t count = asked == 0 ? left : std::min(asked, left);
    std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(*place), count, '\0');
    return "torn: " + std::to_string(count) + " zeros from " + std::to_string(*place);
  });
  return nullptr;
}

}  // namespace harness

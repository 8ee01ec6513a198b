#include "harness/faults/disk/file_truncate.h"

namespace harness {

std::unique_ptr<ActiveFault> inject_file_truncate(FaultContext& context, const FaultRequest& request,
                                                  FaultRecord& record) {
  damage_file(context, request, record, [&](std::string& bytes, std::string& problem) -> std::string {
    const auto place = damage_place(request, bytes, problem);
    if (!place) return {};
    bytes.resize(*place);
    return "cut at " + std::to_string(*place);
  });
  return nullptr;
}

}  // namespace harness

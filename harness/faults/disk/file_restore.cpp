#include "harness/faults/disk/file_restore.h"

#include <algorithm>
#include <cmath>

#include "harness/core/wait.h"
#include "harness/faults/common/target.h"

namespace harness {
namespace {

/// The older copy, or the part of it that is asked for, over what the file holds now.
std::string put_back(const FaultRequest& request, const std::string& copy, std::string& bytes,
                     std::string& problem) {
  const auto length = static_cast<std::size_t>(request.with.integer("bytes"));
  const auto offset = static_cast<std::size_t>(request.with.integer("offset"));
  if (length == 0) {
    bytes = copy;
    return "put back whole";
  }
  if (offset >= std::min(copy.size(), bytes.size())) {
    problem = "neither the copy nor the file need have a byte at " + std::to_string(offset);
    return {};
  }
  const std::size_t count = std::min({length, copy.size() - offset, bytes.size() - offset});
  bytes.replace(offset, count, copy, offset, count);
  return "put back in part: " + std::to_string(count) + " bytes from " + std::to_string(offset);
}

}  // namespace

std::unique_ptr<ActiveFault> inject_file_restore(FaultContext& context, const FaultRequest& request,
                                                 FaultRecord& record) {
  Node* node = aim_at_one(context, request.target, record);
  if (!node) return nullptr;
  const double age = request.with.number("age");
  record.description = request.with.text("file") + " of " + record.description + ": an older copy";
  const auto path = find_data_file(node->files(), data_file_from(request.with.text("file")), record.error);
  if (!path) return nullptr;
  const std::string copy = read_data_file(*path);
  // The copy ages: its patience is the wait, which only the end of the run shortens.
  if (wait_for(std::chrono::milliseconds(std::llround(age * 1e3)), [&] { return context.stopped(); })) {
    record.error = "the run ended before the copy was old enough";
    return nullptr;
  }
  record.requested = context.clock.now();
  damage_file_of(*node, context, request, record, [&](std::string& bytes, std::string& problem) {
    return put_back(request, copy, bytes, problem);
  });
  return nullptr;
}

}  // namespace harness

// How much a check may cost.
#pragma once

#include <cstdint>

namespace harness {

/// How much a search may cost before it says `unknown`. Zero means no limit.
struct Budget {
  std::uint64_t steps = 0;                  // configurations explored
  std::uint64_t memory_bytes = 4ULL << 30;  // of cached configurations
  bool (*cancelled)() = nullptr;            // polled now and then; true: stop and say what is known

  bool stop() const { return cancelled != nullptr && cancelled(); }
};

}  // namespace harness

// What the userspace wire does to the frames of a directed link, and what it did.
#pragma once

#include <cstddef>
#include <cstdint>

#include "harness/core/time.h"

namespace harness {

/// Everything off by default. Probabilities are from 0 to 1.
struct WireRule {
  Nanos delay = 0;
  Nanos jitter = 0;  // uniform, up to this much more or less than the delay; frames keep their order
  double jitter_correlation = 0;  // how much of the jitter is that of the frame before
  double loss = 0;
  double loss_burst = 1;  // mean length of a burst of losses (Gilbert-Elliott); up to 1: each frame by itself
  double duplicate = 0;
  double reorder = 0;  // such a frame is held back by `reorder_by`, and others overtake it
  Nanos reorder_by = 0;
  double corrupt = 0;                      // one bit behind the IP header is turned
  double bits_per_second = 0;              // 0: no limit
  std::size_t backlog_bytes = 256 * 1024;  // what waits for the rate at the most; more is lost
};

struct WireCounts {
  std::uint64_t frames = 0;  // that came by
  std::uint64_t delayed = 0;
  std::uint64_t lost = 0;
  std::uint64_t duplicated = 0;
  std::uint64_t reordered = 0;
  std::uint64_t corrupted = 0;
  std::uint64_t overflowed = 0;  // lost since too much was waiting
};

}  // namespace harness

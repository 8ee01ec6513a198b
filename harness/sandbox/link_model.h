// What one rule decides about the frames of one directed link: pure, in virtual time, from a seed.
#pragma once

#include "harness/core/prng.h"
#include "harness/sandbox/wire_rule.h"

namespace harness {

class LinkModel {
 public:
  LinkModel(const WireRule& rule, Prng prng) : rule_(rule), prng_(prng) {}

  struct Fate {
    int copies = 1;  // 0: lost
    Nanos release = 0;
    bool corrupted = false;
    std::uint64_t random = 0;  // of a corrupted frame: says which bit
  };
  /// The fate of a frame that comes at this time, counted. REQUIRES: times do not go back.
  Fate admit(Nanos now, std::size_t bytes, WireCounts& counts);

 private:
  bool loses();
  Nanos jitter();
  /// When the frame has passed the rate limit; kNever: there is no room to wait.
  Nanos after_rate(Nanos now, std::size_t bytes);

  WireRule rule_;
  Prng prng_;
  bool in_burst_ = false;
  double last_jitter_ = 0;  // from -1 to 1
  Nanos last_release_ = 0;
  Nanos rate_free_ = 0;  // when all that was admitted has passed
};

}  // namespace harness

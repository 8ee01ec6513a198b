// A recorded run as a real one would look, made from a seed: six nodes, a segfault with its failover, a
// restart, an isolating partition with another failover, acknowledged writes lost in documented windows, and
// strings that try to break out of whatever they are written into. For tests of the reports and for looking
// at the page.
#pragma once

#include <cstdint>
#include <string>

#include "harness/core/run_record.h"

namespace harness {

enum class SampleVerdict { kPass, kFail, kUnknown, kError };

struct SampleOptions {
  SampleVerdict verdict = SampleVerdict::kPass;
  std::size_t operations = 60'000;  // about so many
  std::uint64_t seed = 8123;
};

struct Sample {
  RunRecord record;
  RunVerdict verdict;
};

/// REQUIRES: operations > 0.
Sample make_sample(const SampleOptions& options = {});

/// A key that is not UTF-8 and holds markup; it is among the sample's keys.
const std::string& nasty_key();

}  // namespace harness

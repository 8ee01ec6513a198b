// The clients of the sample: a simulated closed loop against its cluster.
#pragma once

#include <cstddef>
#include <cstdint>

#include "harness/core/history.h"

namespace harness::sample {

/// The history of about so many operations, in order of time.
History simulate_clients(std::uint64_t seed, std::size_t operations);

}  // namespace harness::sample

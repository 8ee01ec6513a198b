// A plan as a scenario file: what a person reads, changes and keeps. With the plan's seed it is drawn into
// the same plan again.
#pragma once

#include <string>
#include <string_view>

#include "harness/core/plan.h"

namespace harness {

/// TOML that says only what differs from the defaults. `comment` stands above it, each line behind a #.
std::string scenario_text(const Plan& plan, std::string_view comment);

}  // namespace harness

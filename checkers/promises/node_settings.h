// What a node's settings may have been while the run went on: by the plan's directives, and by faults and
// commands that set them anew.
#pragma once

#include <span>
#include <string_view>

#include "harness/core/run_record.h"

namespace harness {

/// Whether the setting of these names (a directive has an old one at times) was on at the node: its
/// directives say so, or the setting was given anew, to whatever value.
bool may_be_on(const RunRecord& run, int node, std::span<const std::string_view> names);

}  // namespace harness

// Where the parts of a plan stand in what it was made of.
#pragma once

#include <string>

#include "harness/scenario/options.h"
#include "harness/scenario/scenario.h"

namespace harness {

/// Where a part of the plan stands ("steps.s1.with.node"), or the nearest part around it that stands in the
/// file: "file:3:7: "; empty: none does.
std::string place_in_file(const Scenario& scenario, std::string part);

/// A refusal that begins with a part of the plan ("steps.s1.with.name: ...") begins with its place in the
/// scenario's file, the plan's file or the command line instead.
std::string told_by_place(const RunOptions& options, const std::string& scenario, const std::string& refusal);

}  // namespace harness

// Options of the command line that a scenario leaves nothing to do for: a run that ignored one would be told
// as if it had been followed.
#pragma once

#include <string>

#include "harness/scenario/options.h"

namespace harness {

/// Asked of the scenario as it stands in its file: what it fixes itself. Empty: every option is followed;
/// else
/// "--masters: ..." with the mend.
std::string why_fixed(const RunOptions& options, const Scenario& scenario);

/// Asked of the scenario once faults and loads are the command line's: options for which it has no step or
/// load. Empty: it has.
std::string why_without_effect(const RunOptions& options, const Scenario& scenario);

}  // namespace harness

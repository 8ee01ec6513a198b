// The seal of a finished run: length and checksum of every file that its verdict rests on, written last.
// Evidence that was changed, cut, emptied or lost since then is named, so that it cannot become a verdict.
#pragma once

#include <string>
#include <vector>

#include "harness/run/store.h"

namespace harness {

/// Writes seal.json. REQUIRES: nobody writes to the run any more. Throws EnvironmentError.
void seal_run(const RunFiles& files);

/// What no longer is as it was sealed, in words, one text a file; empty: nothing. `expected`: the run says
/// that it was sealed, so that a missing seal is damage too; stores of earlier releases have none.
std::vector<std::string> damage_since_seal(const RunFiles& files, bool expected);

}  // namespace harness

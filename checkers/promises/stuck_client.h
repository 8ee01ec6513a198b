// A command that names its own timeout (BLPOP key 5, WAIT 1 1000) is answered when that is over: a client
// that waits for more than five seconds longer is stuck (checkers/PROMISES.md row 25). What held the node or
// its clients back meanwhile (a pause, a cut, another long command) moves the instant from which it counts.
#pragma once

#include "checkers/common/checker.h"

namespace harness {

CheckResult check_stuck_client(const Analysis& analysis, const CheckOptions& options);

}  // namespace harness

// Completions that contradict their invocation: a write of 1 that is acknowledged as a write of 2 says
// nothing that could be judged.
#pragma once

#include <string>

#include "harness/core/history.h"

namespace harness {

/// Why an ok completion contradicts what was invoked, with the mend; empty when it does not. `result` and
/// `argument` are of the same table. What may stand there instead of the argument: null, or the argument as
/// the first of a list, with what the server told beside it (workloads/OPERATIONS.md). A transaction repeats
/// its micro-operations but for what its reads saw. Fails and infos may say anything: clients of Jepsen put
/// :timed-out there.
std::string why_answer_contradicts(const ValueTable& values, Function function, Value argument, Value result);

}  // namespace harness

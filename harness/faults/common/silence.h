// A node that hangs of itself: how the faults that make it hang see that it does, and that it is back.
#pragma once

#include "harness/faults/common/fault.h"

namespace harness {

/// Declares the node stopped, and enters into the record that it does not answer PING any more.
void verify_silence(Node& node, FaultContext& context, FaultRecord& record,
                    std::vector<std::string> log_lines);

/// Waits until it answers again, or its process has ended of another fault.
void verify_voice(Node& node, const RunClock& clock, std::chrono::milliseconds patience, FaultRecord& record);

}  // namespace harness

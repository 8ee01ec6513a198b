// The plain answer of any object: its operations as if one master had served them all, without a failover.
#pragma once

#include <cstdint>
#include <vector>

#include "checkers/objects/object.h"

namespace harness {

/// Why no order of the operations explains their answers; empty when the object knows none. `operations`:
/// indices into the history, all of one instance.
std::vector<Conflict> conflicts_on_one_master(const History& history, Object& object,
                                              const std::vector<std::uint32_t>& operations);

}  // namespace harness

// The table of faults.
#pragma once

#include <span>
#include <string_view>

#include "harness/faults/common/fault.h"

namespace harness {

std::span<const Fault> faults();
const Fault* find_fault(std::string_view name);

}  // namespace harness

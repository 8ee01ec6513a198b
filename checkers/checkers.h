// The table of checkers of a run.
#pragma once

#include <span>
#include <string_view>

#include "checkers/common/checker.h"

namespace harness {

std::span<const Checker> checkers();
const Checker* find_checker(std::string_view name);

}  // namespace harness

// Runs a short program and keeps what it prints.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace harness {

/// stdout and stderr of a program that ended with 0 within ten seconds; nothing when it is not on PATH or
/// did not.
std::optional<std::string> capture(const std::vector<std::string>& argv);

}  // namespace harness

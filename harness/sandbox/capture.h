// Runs a short program and keeps what it prints.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace harness {

/// What a program printed to stdout and stderr, and whether it ended with 0 within ten seconds.
struct Captured {
  bool success = false;
  std::string text;
};

/// Throws EnvironmentError when the program is not on PATH.
Captured capture_all(const std::vector<std::string>& argv);

/// The same of a program that ended well; nothing when it did not, or is not on PATH.
std::optional<std::string> capture(const std::vector<std::string>& argv);

}  // namespace harness

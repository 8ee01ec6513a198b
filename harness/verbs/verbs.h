// The table of verbs.
#pragma once

#include <span>
#include <string_view>

namespace harness {

/// The exit codes of every verb (harness/FORMATS.md). For several runs, violation wins over environment over
/// unknown.
enum ExitCode : int {
  kExitPass = 0,
  kExitViolation = 1,
  kExitUsage = 2,
  kExitEnvironment = 3,
  kExitUnknown = 4,
  kExitNothingSelected = 5,
  kExitInterrupted = 130,
};

struct CommandEntry {
  std::string_view name;
  std::string_view description;
  int (*run)(int argc, const char* const* argv);  // argv[0] is the verb
};

std::span<const CommandEntry> commands();

}  // namespace harness

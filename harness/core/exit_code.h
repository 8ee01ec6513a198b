// The exit codes of every verb (harness/FORMATS.md).
#pragma once

namespace harness {

/// For several runs, violation wins over environment over unknown.
enum ExitCode : int {
  kExitPass = 0,
  kExitViolation = 1,
  kExitUsage = 2,
  kExitEnvironment = 3,
  kExitUnknown = 4,
  kExitNothingSelected = 5,
  kExitInterrupted = 130,
};

}  // namespace harness

// `harness check`: judges a history, or a stored run, again.
#pragma once

namespace harness {

/// The verb `check`; argv[0] is the verb. Returns the exit code: 0 valid, 1 a violation, 4 unknown, 130
/// interrupted. Throws UsageError and EnvironmentError.
int check_command(int argc, const char* const* argv);

}  // namespace harness

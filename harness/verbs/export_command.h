// `harness export`: a stored history for other tools.
#pragma once

namespace harness {

/// The verb `export`; argv[0] is the verb. Returns the exit code. Throws UsageError and EnvironmentError.
int export_command(int argc, const char* const* argv);

}  // namespace harness

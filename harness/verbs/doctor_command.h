// `harness doctor`: what this machine allows, and the exact mend for what it does not.
#pragma once

namespace harness {

/// Prints the findings: for people, or with --json as one object {"schema": 1, "ready": …, "findings":
/// [{"name", "status": "ok"|"limited"|"blocking", "detail", "mend"}]}. Exit code 0 when a default run is
/// possible, 3 otherwise. REQUIRES: no second thread exists yet.
int doctor_command(int argc, const char* const* argv);

}  // namespace harness

// `harness doctor`: what this machine allows, and the exact mend for what it does not.
#pragma once

#include <filesystem>
#include <ostream>

namespace harness {

struct DoctorOptions {
  bool json = false;
  std::filesystem::path store = "store";  // where runs would be kept
};

/// Prints the findings to `out`: for people, or as one JSON object {"schema": 1, "ready": …, "findings":
/// [{"name", "status": "ok"|"limited"|"blocking", "detail", "mend"}]}. Returns the exit code: 0 when a
/// default run is possible, 3 otherwise. REQUIRES: no second thread exists yet.
int doctor_command(const DoctorOptions& options, std::ostream& out);

}  // namespace harness

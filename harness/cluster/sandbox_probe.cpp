// Trying for real what the machine allows: nothing else tells the truth about namespaces.
#include <unistd.h>

#include "harness/cluster/packet_filter.h"
#include "harness/cluster/sandbox.h"
#include "harness/core/check.h"

namespace harness {
namespace {

/// Empty when a sandbox of this mode can be made, with a host on its bridge; else what failed and the mend.
std::string try_mode(SandboxMode mode) {
  try {
    run_in_sandbox(mode, [mode] {
      make_sandbox(mode)->add_host("probe");
      return 0;
    });
  } catch (const EnvironmentError& error) {
    return error.what();
  }
  return {};
}

std::string try_filter(SandboxMode mode) {
  if (mode == SandboxMode::kLoopback) return "it needs namespaces, which are not allowed";
  try {
    run_in_sandbox(mode, [] {
      packet_filter::require_available();
      return 0;
    });
  } catch (const EnvironmentError& error) {
    return error.what();
  }
  return {};
}

}  // namespace

SandboxSupport probe_sandbox() {
  SandboxSupport support;
  support.user_namespace_error = try_mode(SandboxMode::kUserNamespace);
  support.root_error = ::geteuid() == 0 ? try_mode(SandboxMode::kRoot) : "not root";
  if (support.root_error.empty())
    support.best = SandboxMode::kRoot;
  else if (support.user_namespace_error.empty())
    support.best = SandboxMode::kUserNamespace;
  support.filter_error = try_filter(support.best);
  return support;
}

}  // namespace harness

// Trying for real what the machine allows: nothing else tells the truth about namespaces.
#include <unistd.h>

#include "harness/core/check.h"
#include "harness/sandbox/packet_filter.h"
#include "harness/sandbox/sandbox.h"

namespace harness {
namespace {

enum { kComplete = 0, kNoFilter = 1 };

/// Whether a sandbox of this mode has nftables. Throws EnvironmentError when there can be none at all.
bool has_filter(SandboxMode mode) {
  return run_in_sandbox(mode, [mode] {
           const auto sandbox = make_sandbox(mode);
           sandbox->add_host("probe");
           return sandbox->has_network_faults() ? kComplete : kNoFilter;
         }) == kComplete;
}

struct Trial {
  std::string error, filter_error;
};

Trial try_mode(SandboxMode mode) {
  Trial trial;
  try {
    if (has_filter(mode)) return trial;
  } catch (const EnvironmentError& error) {
    trial.error = error.what();
    trial.filter_error = "nftables needs namespaces, and they are not allowed";
    return trial;
  }
  try {
    run_in_sandbox(mode, [] {
      packet_filter::require_available();
      return 0;
    });
    trial.filter_error = "nftables failed once, then worked";
  } catch (const EnvironmentError& error) {
    trial.filter_error = error.what();
  }
  return trial;
}

// Root goes without a user namespace, so that servers run as the root they would be anyway.
bool works(SandboxMode mode) {
  return (mode != SandboxMode::kRoot || ::geteuid() == 0) && try_mode(mode).error.empty();
}

}  // namespace

SandboxMode best_sandbox_mode() {
  for (const SandboxMode mode : {SandboxMode::kRoot, SandboxMode::kUserNamespace})
    if (works(mode)) return mode;
  return SandboxMode::kLoopback;
}

SandboxSupport probe_sandbox() {
  const Trial user = try_mode(SandboxMode::kUserNamespace);
  Trial root{"only root can do without a user namespace", ""};
  if (::geteuid() == 0) root = try_mode(SandboxMode::kRoot);
  if (root.error.empty()) return {SandboxMode::kRoot, user.error, root.error, root.filter_error};
  if (user.error.empty()) return {SandboxMode::kUserNamespace, user.error, root.error, user.filter_error};
  return {SandboxMode::kLoopback, user.error, root.error, user.filter_error};
}

}  // namespace harness

#include "harness/sandbox/sandbox.h"

#include "harness/sandbox/loopback.h"
#include "harness/sandbox/routed.h"

namespace harness {

std::string_view to_string(SandboxMode mode) {
  switch (mode) {
    case SandboxMode::kUserNamespace:
      return "user namespace";
    case SandboxMode::kRoot:
      return "root namespaces";
    case SandboxMode::kLoopback:
      break;
  }
  return "loopback";
}

std::unique_ptr<Sandbox> make_sandbox(SandboxMode mode) {
  if (mode == SandboxMode::kLoopback) return make_loopback_sandbox();
  return make_routed_sandbox(mode);
}

}  // namespace harness

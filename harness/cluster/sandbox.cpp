#include "harness/cluster/sandbox.h"

#include "harness/cluster/bridged.h"
#include "harness/cluster/loopback.h"

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
  return make_bridged_sandbox(mode);
}

}  // namespace harness

#include "harness/core/verdict.h"

namespace harness {

std::string_view to_string(Validity validity) {
  switch (validity) {
    case Validity::kNotApplicable:
      return "not-applicable";
    case Validity::kValid:
      return "valid";
    case Validity::kUnknown:
      return "unknown";
    case Validity::kInvalid:
      return "invalid";
  }
  return "unknown";
}

std::string_view to_string(Window window) {
  switch (window) {
    case Window::kCrash:
      return "a";
    case Window::kStaleClient:
      return "b";
    case Window::kMinority:
      return "c";
    case Window::kRestart:
      return "restart";
    case Window::kDamage:
      return "disk";
    case Window::kOutside:
      break;
  }
  return "";
}

std::string_view words(Window window) {
  switch (window) {
    case Window::kCrash:
      return "acknowledged just before its master was lost or replaced, and not yet replicated";
    case Window::kStaleClient:
      return "sent with a stale slot map to an old master that had rejoined and was not yet demoted";
    case Window::kMinority:
      return "written on the minority side of a partition before it stopped accepting writes";
    case Window::kRestart:
      return "not yet on the disk of a master that came back with nobody in its place";
    case Window::kDamage:
      return "on a disk whose files were damaged on purpose afterwards";
    case Window::kOutside:
      break;
  }
  return "";
}

}  // namespace harness

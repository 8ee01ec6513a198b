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

}  // namespace harness

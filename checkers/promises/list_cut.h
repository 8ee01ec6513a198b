// What `truncated` says of a check that found more than it lists, and yet looked at everything.
#pragma once

#include <string>

#include "checkers/promises/evidence.h"

namespace harness {

inline std::string list_cut() {
  return "only the first " + std::to_string(kAnomaliesListed) + " anomalies are listed";
}

}  // namespace harness

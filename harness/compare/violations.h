// What kinds of violation a run had: two runs show the same violation when checker and anomaly type agree.
#pragma once

#include <compare>
#include <cstddef>
#include <map>
#include <string>

#include "harness/core/run_record.h"
#include "harness/core/verdict.h"

namespace harness {

struct ViolationKind {
  std::string check;    // the checker's name, or the load's that it judges
  std::string anomaly;  // the type; empty: the check was invalid without an anomaly that it lists

  auto operator<=>(const ViolationKind&) const = default;
};

struct ViolationSeen {
  std::size_t count = 0;  // of the anomalies that the check lists
  std::string headline;   // of the first one
};

using Violations = std::map<ViolationKind, ViolationSeen>;

/// Neither what a documented window allows nor what the plan knows is a violation.
Violations violations_of(const RunVerdict& verdict);

/// "register: lost-write"
std::string to_string(const ViolationKind& kind);

}  // namespace harness

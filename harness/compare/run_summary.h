// A judged run, cut down to what is compared: it outlives the record, which may hold millions of operations.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/compare/figures.h"
#include "harness/compare/violations.h"

namespace harness {

struct RunSummary {
  std::string id;
  std::string scenario;
  std::uint64_t seed = 0;
  std::string builds;   // "redis 7.0.15 (sha256 c2f35b59)"
  std::string verdict;  // "pass", "fail", "unknown", "error"
  int exit_code = 0;
  std::string explanation;  // of a run that did not pass

  struct Check {
    std::string name;
    Validity valid = Validity::kUnknown;
    std::size_t allowed = 0;
  };
  std::vector<Check> checks;
  Violations violations;
  Figures figures;  // of an error: none
  Seconds seconds;
  Nanos host_stall = 0;  // the most by which the machine held everything up
};

RunSummary summary_of(const RunRecord& record, const RunVerdict& verdict);

}  // namespace harness

// The test cases of a suite, as reports for machines count them: one a promise, for a scenario on a build,
// over all its seeds.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "harness/suite/tally.h"

namespace harness {

/// How many seeds say what of one promise.
struct Promise {
  std::size_t valid = 0, invalid = 0, unknown = 0, not_applicable = 0;
};

/// Of one scenario on one build.
struct Cases {
  std::vector<const RunOutcome*> runs;
  std::map<std::string, Promise> promises;  // by the checker's name
};

/// By scenario and build. REQUIRES: the result outlives it.
std::map<std::pair<std::string, std::string>, Cases> cases_of(const SuiteResult& result);

/// The violations of one checker, at most ten: headline, seed, store, and the command that repeats it.
std::string failure_text(const Cases& cases, const std::string& check, const std::string& folder);

}  // namespace harness

// Violations that the plan knows and nobody has mended yet ([[known]]): told and counted, no failure. An
// entry applies to the builds and until the day that it names.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/core/run_record.h"

namespace harness {

/// Whether a server of the run is one of `builds`: "redis", "redis<8.2" (<, <=, >, >=, =); empty: every one.
/// A text that is no such condition applies to none.
bool builds_apply(std::string_view builds, const RunInfo& info);

/// What is wrong with such a text; empty: nothing.
std::string problem_with_builds(std::string_view builds);

/// The same of an anomaly's name: one that no checker or model ever gives can never be known. Of an
/// expectation ("expectation:s3") the plan's step is not asked for: a list is of several scenarios.
std::string problem_with_anomaly(std::string_view name);

/// Of each entry of the plan a sentence: how often it was seen, or that it did not appear, or why it does not
/// apply. The verdict must be whole.
std::vector<std::string> known_told(const RunRecord& run, const RunVerdict& verdict);

class KnownViolations {
 public:
  /// The record must outlive it.
  explicit KnownViolations(const RunRecord& run);

  /// Makes the listed violations that the plan knows no failures. With none left the result is valid, or
  /// unknown if it was cut short or had doubts besides. Of a list that was cut for its length, which has one
  /// of each kind, the rest is known too when all that is listed is.
  /// A listed one that does not apply stays a violation, and says why; so does one that a build may have
  /// caused, in a mixed cluster, that the entry does not name.
  void forgive(std::string_view checker, CheckResult& result) const;

 private:
  struct Entry {
    const KnownViolation* known;
    std::string why_not;  // it does not apply
  };
  bool of_its_builds(const KnownViolation& known, const Anomaly& anomaly) const;

  const RunRecord& run_;
  std::vector<Entry> entries_;
};

}  // namespace harness

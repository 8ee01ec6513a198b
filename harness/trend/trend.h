// What the last nights say of each scenario on each build: pure, from remembered runs to lines.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "harness/trend/trend_base.h"

namespace harness {

/// One night: a day of UTC, by the ends of its runs.
struct NightCount {
  std::size_t runs = 0;
  std::size_t failed = 0;   // violations that nobody knows of
  std::size_t unknown = 0;  // unknown, or the environment failed
};

/// What a run's build is called beside the others: its version alone as long as all runs of that version were
/// of one binary, else with the binary: "redis 7.0.15 (c2f35b59)".
class BuildNames {
 public:
  explicit BuildNames(const std::vector<TrendRun>& runs);
  std::string of(const RunOutcome& outcome) const;

 private:
  std::map<std::string, std::set<std::string>> binaries_;  // recorded ones, by version
};

struct TrendLine {
  /// New: failed in the newest night of all, and in no earlier one. Ongoing: in the newest and in an earlier
  /// one. Resolved: in an earlier one, and not in its newest. Steady: in none.
  enum class Kind : std::uint8_t { kNew, kOngoing, kResolved, kSteady };
  Kind kind = Kind::kSteady;
  std::string scenario;
  std::string build;                         // as BuildNames calls it
  std::map<std::string, NightCount> nights;  // by date, "2026-11-29"
  std::size_t runs = 0;
  std::size_t failed = 0;
  std::string last_failed;  // date; empty: never
  std::string what;         // "register: lost-write", of the last failure
  std::string reproduce;    // of the last failure

  /// Failed in some runs and not in others of the nights in which it ran.
  bool flaky() const { return failed > 0 && failed < runs; }
};

/// New ones first, then ongoing, resolved, steady; within a kind by scenario and build.
std::vector<TrendLine> trend_of(const std::vector<TrendRun>& runs);

/// "2026-11-29".
std::string date_of(std::int64_t unix_ms);

/// For people: a column a night (the newest `nights` of them), a line for each that ever failed.
std::string trend_text(const std::vector<TrendLine>& lines, std::size_t nights);
/// The same as one JSON object.
std::string trend_json(const std::vector<TrendLine>& lines);

}  // namespace harness

// A suite's outcomes, counted and grouped: a night with 300 runs reads as five lines. Pure functions.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "harness/suite/suite_store.h"

namespace harness {

/// What makes two violations the same one: the scenario, the build, the checker, the type and the promise.
struct GroupKey {
  std::string scenario;
  std::string build;
  std::string check;
  std::string type;
  std::string promise;
  auto operator<=>(const GroupKey&) const = default;
};
GroupKey key_of(const RunOutcome& outcome, const Violation& violation);

/// Equal violations of all runs.
struct Group {
  GroupKey key;
  std::string headline;  // of the first
  std::string known;     // why the plan lives with it; empty: a failure
  std::size_t runs_with = 0;
  std::size_t runs = 0;  // of this scenario on this build, that came to a verdict
  std::size_t replays_with = 0;
  std::size_t replays = 0;  // of the first run's plan on the same build
  std::uint64_t seed = 0;   // of the first run
  std::string store;        // of the first run
  std::string reproduce;
  std::optional<Shrunk> shrunk;  // its first run's plan, made smaller
  bool ongoing = false;          // the suite before this one had it, too
  std::size_t before_with = 0;
  std::size_t before_runs = 0;
};

/// Runs that told nothing, by scenario, build and verdict.
struct Silence {
  std::string scenario;
  std::string build;
  std::string verdict;  // unknown, error
  std::string why;      // of the first
  std::string store;
  std::size_t runs = 0;
};

struct SuiteResult {
  Matrix matrix;
  std::vector<RunOutcome> runs;  // the last attempt of each, in order of their numbers
  std::vector<RunOutcome> replays;
  std::vector<Skipped> skipped;
  std::size_t redone = 0;     // runs done again alone, since they could not conclude beside others
  std::vector<Group> groups;  // failures, new ones first
  std::vector<Group> known;
  std::vector<Group> resolved;  // the suite before had them, and their scenario ran again
  std::vector<Silence> silences;
  std::size_t passed = 0, failed = 0, unknown = 0, errors = 0;
  std::size_t not_reached = 0;          // runs that the time did not suffice for
  std::vector<std::string> incomplete;  // shards that are missing or were not finished, in words
  double seconds = 0;
  bool interrupted = false;
  bool finished = false;

  std::size_t started() const { return runs.size(); }
};

/// How many kinds of violation there are: that is one a scenario, build, checker, type and promise, however
/// many runs have it. Every report counts these.
struct KindCounts {
  std::size_t fresh = 0;
  std::size_t ongoing = 0;
  std::size_t known = 0;
  std::size_t resolved = 0;
};
KindCounts kinds_of(const SuiteResult& result);

/// Everything but what came before.
SuiteResult tally(const Matrix& matrix, const SuiteLog& log);

/// The stores whose plans are to be made smaller, those of the first runs of new violations, in order;
/// without those that were.
std::vector<std::string> to_shrink(const SuiteResult& result);

/// Marks the groups that the earlier suite had too, and lists those that are gone.
void compare_with(const SuiteResult& before, SuiteResult& result);

/// All shards of one suite as one. Throws UsageError when they are not of one suite, or one is there twice.
/// Stores are named with their folders.
struct Part {
  std::string folder;
  Matrix matrix;
  SuiteLog log;
};
struct Whole {
  Matrix matrix;
  SuiteLog log;
  std::vector<std::string> incomplete;  // as in the result
};
Whole join_shards(std::span<const Part> parts);
SuiteResult tally(const Whole& whole);

/// 0 pass, 1 a violation, 3, 4 (also: a shard is missing), 5 nothing selected, 130 interrupted.
int exit_code_of(const SuiteResult& result);
/// "pass", "fail", "error", "unknown", "interrupted" or "nothing".
std::string verdict_of(const SuiteResult& result);
/// "2 of 3".
std::string k_of_n(std::size_t k, std::size_t n);

}  // namespace harness

// Every object's documented verdict over several masters: failovers in a row, restarts with each persistence,
// moved slots (lineage_cluster_test.h). An honest run is never called bad, a broken one always is.
#include <catch2/catch.hpp>

#include <algorithm>
#include <string_view>

#include "checkers/promises/lineage_cluster_test.h"
#include "checkers/promises/object_kinds_test.h"

using namespace harness;
using namespace harness::testing;

namespace {

constexpr std::uint64_t kSeed = 4'211;
constexpr int kRuns = 24;  // of each object and course

constexpr Course kCourses[] = {Course::kTwoFailovers,    Course::kRestartAlways, Course::kRestartEverysec,
                               Course::kRestartSnapshot, Course::kMove,          Course::kMoveAndFailover};

/// Whether clients can see this fraud at all.
bool can_show(const std::string& kind, Course course, Fraud fraud) {
  const auto among = [&](std::initializer_list<std::string_view> kinds) {
    return std::ranges::find(kinds, kind) != kinds.end();
  };
  const bool takes_out = among({"queue", "priority-queue", "stream-group"});
  switch (fraud) {
    // A snapshot promises nothing of what came after it.
    case Fraud::kLost:
      return course != Course::kRestartSnapshot;
    // Identifiers and queues have no reads. Of a group, an expiry or a set with removals, a stale answer may
    // be true: the key or the element may have been gone at that time.
    case Fraud::kStaleRead:
      return !takes_out && !among({"unique-ids", "group", "expiry", "removable set"});
    // A count does not show which step came back: one that was never answered looks the same. That an element
    // of a queue, a group or a key with an expiry was lost is seen by nobody before it comes back.
    case Fraud::kComesBack:
      return course == Course::kTwoFailovers && !takes_out &&
             !among({"counter", "bank", "rw-register", "unique-ids", "group", "expiry"});
    case Fraud::kNone:
      break;
  }
  return false;
}

}  // namespace

TEST_CASE("no object is called bad whose data passes honestly from master to master") {
  const std::string kind = GENERATE(from_range(object_kinds()));
  const Course course = GENERATE(from_range(std::begin(kCourses), std::end(kCourses)));
  const auto data = data_of(kind);
  for (int i = 0; i < kRuns; ++i) {
    const std::uint64_t seed = kSeed + static_cast<std::uint64_t>(i);
    const CheckResult result = judge_object(LineageCluster(*data, seed, course, Fraud::kNone).run(), kind);
    INFO(kind << ", seed " << seed << ", course " << static_cast<int>(course) << ": " << result.explanation);
    CHECK(result.valid != Validity::kInvalid);
    // A second of everysec's that a sync held up can only be told from a loss by its age.
    if (course != Course::kRestartEverysec) CHECK(result.valid == Validity::kValid);
  }
}

TEST_CASE("every object is called bad that a master did not hand on as it must") {
  const std::string kind = GENERATE(from_range(object_kinds()));
  const Course course = GENERATE(from_range(std::begin(kCourses), std::end(kCourses)));
  const Fraud fraud = GENERATE(Fraud::kLost, Fraud::kStaleRead, Fraud::kComesBack);
  if (!can_show(kind, course, fraud)) return;
  const auto data = data_of(kind);
  int shown = 0;
  for (int i = 0; i < kRuns / 2; ++i) {
    const std::uint64_t seed = kSeed + static_cast<std::uint64_t>(i);
    LineageCluster cluster(*data, seed, course, fraud);
    const CheckResult result = judge_object(cluster.run(), kind);
    if (!cluster.shown()) continue;
    ++shown;
    INFO(kind << ", seed " << seed << ", course " << static_cast<int>(course) << ", fraud "
              << static_cast<int>(fraud) << ": " << result.explanation);
    CHECK(result.valid == Validity::kInvalid);
  }
  CHECK(shown > 0);
}

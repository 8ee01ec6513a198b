// "minority-writes", shown a good record, bad ones and one that proves nothing.
#include "checkers/promises/minority_writes.h"

#include <catch2/catch.hpp>

#include "checkers/promises/falsified_run_test.h"
#include "checkers/promises/findings_test.h"

using namespace harness;
using namespace harness::testing;

TEST_CASE("minority-writes") {
  RecordBuilder b;
  b.observe_until(10'000);
  FaultRecord& cut = b.fault("isolate", 1, 10'000, 10'010, 16'000, 16'010);
  cut.sides = {{"n1", "c1"}, {"n2", "n3", "n4", "n5", "n6", "c2"}};
  b.observe_until(20'000);
  const std::string key = key_of(0);
  b.write(1, key, 1, {11'000, 11'001}, 1);
  b.write(1, key, 2, {12'000, 12'001}, 1);
  b.write(1, key, 3, {13'000, 13'001}, 1, Outcome::kFail);
  SECTION("good") {
    const CheckResult result = check_minority_writes(b.finish(), {});
    INFO(result.explanation);
    CHECK(result.valid == Validity::kValid);
    CHECK(measured(result, "minority_masters") == 1);
    CHECK(measured(result, "writes_accepted") == 2);
    CHECK(measured(result, "refused_after_bound") == 1);
    CHECK(measured(result, "accepted_after_ms_max") == Approx(2000));
  }
  SECTION("bad") {
    b.write(1, key, 4, {13'500, 13'501}, 1);
    const CheckResult result = check_minority_writes(b.finish(), {});
    CHECK(violates(result, "minority-write"));
    CHECK(result.explanation.find("3490 ms after the cut") != std::string::npos);
  }
  SECTION("the majority side may go on") {
    b.write(2, key_of(1), 4, {13'500, 13'501}, 2);
    CHECK(check_minority_writes(b.finish(), {}).valid == Validity::kValid);
  }
  SECTION("never verified") {
    b.run.faults[0].active = kNever;
    CHECK(check_minority_writes(b.finish(), {}).valid == Validity::kUnknown);
  }
}

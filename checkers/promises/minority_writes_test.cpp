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

TEST_CASE("a transaction that only reads is no write of a minority") {
  RecordBuilder b;
  b.observe_until(10'000);
  b.fault("isolate", 1, 10'000, 10'010, 16'000, 16'010).sides = {{"n1", "c1"},
                                                                 {"n2", "n3", "n4", "n5", "n6", "c2"}};
  b.observe_until(20'000);
  const char* kind = GENERATE("r", "append");
  const Value operation[] = {b.values().text(kind), b.values().text("k"), Value::integer(1)};
  const Value operations[] = {b.values().list(operation)};
  const Value transaction = b.values().list(operations);
  b.operation(1, Function::kTxn, "", transaction, transaction, {13'500, 13'501}, 1);
  CHECK(violates(check_minority_writes(b.finish(), {}), "minority-write") == (kind != std::string("r")));
}

TEST_CASE("two cuts that together leave a master in the minority are judged while both act") {
  RecordBuilder b;
  b.observe_until(10'000);
  b.fault("isolate", 1, 10'000, 10'010, 18'000, 18'010).sides = {{"n1"}, {"n2"}};
  b.fault("isolate", 1, 11'000, 11'010, 16'000, 16'010).sides = {{"n1"}, {"n3"}};
  b.observe_until(20'000);
  const int sent = GENERATE(12'000, 15'000, 17'000);
  b.write(1, key_of(0), 2, {sent + 0.0, sent + 1.0}, 1);
  CHECK(violates(check_minority_writes(b.finish(), {}), "minority-write") == (sent == 15'000));
}

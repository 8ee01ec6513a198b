// "durability": what a restarted master may have lost, for objects of several kinds.
#include "checkers/durability.h"

#include <catch2/catch.hpp>

#include "checkers/promises/record_builder_test.h"

using namespace harness;
using namespace harness::testing;

namespace {

/// n1 dies at 5 s and comes back at 5.5 s, before anybody replaced it, without what it acknowledged `age` ms
/// before its death.
RecordBuilder restarted(Persistence persistence) {
  RecordBuilder b;
  b.observe_until(5'000);
  b.fault("kill", 1, 5'000, 5'010);
  b.crash(1, 9);
  b.observe_until(5'500);
  b.fault("restart", 1, 5'500, 5'510);
  b.restart(1);
  b.observe_until(8'500);
  b.end(8'000, 8'100, 8'500);
  b.load(key_of(1), 3, 0, 8'000, 2);
  b.run.plan.cluster.persistence = persistence;
  return b;
}

RunRecord of_workload(RecordBuilder& b, const std::string& workload) {
  RunRecord run = b.finish();
  run.plan.loads.assign(1, {});
  run.plan.loads[0].name = run.plan.loads[0].workload = workload;
  return run;
}

CheckResult registers(Persistence persistence, double age, bool lost = true) {
  RecordBuilder b = restarted(persistence);
  b.write(1, key_of(0), 1, {4'999.0 - age, 5'000.0 - age}, 1);
  b.read(2, key_of(0), lost ? std::nullopt : std::optional(1), {6'500, 6'501}, 1);
  return check_durability(of_workload(b, "register"), {});
}

CheckResult sets(Persistence persistence, double age) {
  RecordBuilder b = restarted(persistence);
  b.operation(1, Function::kAdd, key_of(0), Value::integer(7), Value::integer(7),
              {4'999.0 - age, 5'000.0 - age}, 1);
  b.operation(2, Function::kRead, key_of(0), {}, b.values().list(std::vector<Value>{}), {6'500, 6'501}, 1);
  return check_durability(of_workload(b, "set"), {});
}

}  // namespace

TEST_CASE("durability: what the persistence promises survives a restart, or it is a violation") {
  for (const auto judged : {+[](Persistence p, double age) { return registers(p, age); }, +sets}) {
    CHECK(judged(Persistence::kAppendAlways, 500).valid == Validity::kInvalid);
    CHECK(judged(Persistence::kAppendEverysec, 2'500).valid == Validity::kInvalid);
    CHECK(judged(Persistence::kAppendEverysec, 900).valid == Validity::kValid);
    CHECK(judged(Persistence::kAppendEverysec, 1'500).valid == Validity::kUnknown);
    CHECK(judged(Persistence::kSnapshot, 4'000).valid == Validity::kValid);
    CHECK(judged(Persistence::kNone, 4'000).valid == Validity::kValid);
  }
  const CheckResult result = registers(Persistence::kAppendAlways, 500);
  REQUIRE(result.anomalies.size() == 1);
  CHECK(result.anomalies[0].type == "lost-durable-write");
  CHECK_THAT(result.explanation, Catch::Contains("append-always"));
}

TEST_CASE("durability: nothing lost is valid, and without a restart it does not apply") {
  CHECK(registers(Persistence::kAppendAlways, 500, false).valid == Validity::kValid);
  RecordBuilder unread = restarted(Persistence::kAppendAlways);
  unread.write(1, key_of(0), 1, {4'499.0, 4'500.0}, 1);
  const CheckResult nothing = check_durability(of_workload(unread, "register"), {});
  CHECK(nothing.valid == Validity::kNotApplicable);
  CHECK_THAT(nothing.explanation, Catch::Contains("nothing was compared"));
  CHECK_THAT(registers(Persistence::kAppendAlways, 500, false).explanation,
             Catch::StartsWith("1 key was compared before and after a restart of a master: "));
  RunRecord replaced = FailoverRun().finish();
  CHECK(check_durability(replaced, {}).valid == Validity::kNotApplicable);
}

#include "reports/latency.h"

#include <catch2/catch.hpp>

using namespace harness;
using namespace harness::reporting;

namespace {

void add(RunRecord& record, Nanos invoked, Nanos length, Outcome outcome = Outcome::kOk) {
  Operation op;
  op.invoked = invoked;
  op.completed = outcome == Outcome::kInfo ? kNever : invoked + length;
  op.outcome = outcome;
  record.history.operations.push_back(op);
}

}  // namespace

TEST_CASE("latency quantiles tell before, during and after a fault apart") {
  RunRecord record;
  record.info.clients_end = 30 * kSecond;
  record.info.end = 31 * kSecond;
  FaultRecord fault;
  fault.heals = true;
  fault.requested = fault.active = 10 * kSecond;
  fault.healed = 20 * kSecond;
  record.faults = {fault};
  for (int i = 0; i < 1000; ++i) add(record, i * 10 * kMillisecond, (i + 1) * kMicrosecond);
  for (int i = 0; i < 10; ++i) add(record, 10 * kSecond + i, 2 * kSecond);
  add(record, 15 * kSecond, kSecond, Outcome::kFail);  // says nothing of acknowledged ones
  add(record, 16 * kSecond, 0, Outcome::kInfo);
  add(record, 25 * kSecond, 7 * kMillisecond);

  const Latency latency = measure_latency(record);
  CHECK(latency.all.operations == 1011);
  CHECK(latency.all.max == 2 * kSecond);
  REQUIRE(latency.per_fault.size() == 1);
  const FaultLatency& around = latency.per_fault.front();
  CHECK(around.before.operations == 1000);
  CHECK(around.before.p50 == 500 * kMicrosecond);
  CHECK(around.before.p99 == 990 * kMicrosecond);
  CHECK(around.before.p999 == 999 * kMicrosecond);
  CHECK(around.during.operations == 10);
  CHECK(around.during.p50 == 2 * kSecond);
  CHECK(around.after.operations == 1);
  CHECK(around.after.p999 == 7 * kMillisecond);
}

TEST_CASE("without operations there is no latency") {
  const Latency latency = measure_latency(RunRecord{});
  CHECK(latency.all.operations == 0);
  CHECK(latency.all.p99 == 0);
}

TEST_CASE("what waits for others says nothing of the server's pace") {
  RunRecord run;
  run.info.clients_end = run.info.end = 10 * kSecond;
  for (const Function function : {Function::kWrite, Function::kReceive, Function::kDequeue}) {
    Operation& op = run.history.operations.emplace_back();
    op.function = function;
    op.outcome = Outcome::kOk;
    op.invoked = kSecond;
    op.completed = function == Function::kWrite ? kSecond + kMillisecond : 3 * kSecond;
    if (function == Function::kDequeue) op.argument = Value::integer(2'000);  // for so long
  }
  const Latency latency = measure_latency(run);
  CHECK(latency.all.operations == 1);
  CHECK(latency.all.max == kMillisecond);
}

// What a run's record says of the machine and the observer, by which every bound is stretched.
#include "checkers/promises/evidence.h"

#include <catch2/catch.hpp>

#include "checkers/promises/record_builder_test.h"

using namespace harness;
using namespace harness::testing;

TEST_CASE("an observer that looks seldom stretches the bounds by what it may have seen too late") {
  RecordBuilder b;
  b.observe_until(10'000);
  b.end(9'500, 9'800, 10'000);
  RunRecord run = b.finish();
  CHECK(seldom_looks(run) <= kMillisecond);  // six nodes, each every 100 ms
  const Nanos before = Analysis(run).stall;
  run.counters.observer_looks /= 5;
  CHECK(seldom_looks(run) >= 390 * kMillisecond);
  CHECK(seldom_looks(run) < 410 * kMillisecond);
  CHECK(Analysis(run).stall == before + seldom_looks(run));
  run.counters.observer_looks = 0;  // a killed run has no counters
  CHECK(seldom_looks(run) == 0);
}

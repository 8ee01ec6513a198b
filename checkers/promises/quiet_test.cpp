// When nothing happens to a cluster.
#include "checkers/promises/quiet.h"

#include <catch2/catch.hpp>

#include "checkers/promises/record_builder_test.h"

using namespace harness;
using namespace harness::testing;

TEST_CASE(
    "a change that is seen half-way disturbs the cluster until it is complete, one of a moment does not") {
  RecordBuilder b;
  b.observe_until(60'000);
  b.end(58'000, 59'000, 60'000);
  RunRecord run = b.finish();
  run.counters.host_stall_max = 0;
  FaultRecord move;
  move.fault = "any";
  move.nodes = {1, 2};
  move.requested = 2 * kSecond;
  move.active = 10 * kSecond;
  move.effects.emplace_back().kind = EffectKind::kMembership;
  move.effects[0].nodes = {1, 2};
  run.faults = {move};
  const auto quiet_at = [&](Nanos second) {
    return Quiet(Analysis(run)).holds(second * kSecond, second * kSecond);
  };
  CHECK(quiet_at(1));
  CHECK_FALSE(quiet_at(9));
  CHECK(quiet_at(25));
  run.faults[0].healed = 30 * kSecond;
  CHECK_FALSE(quiet_at(25));
  CHECK(quiet_at(50));
}

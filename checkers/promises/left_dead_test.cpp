// What the end is judged by when faults ended nodes that the plan does not start again.
#include <catch2/catch.hpp>

#include "checkers/promises/findings_test.h"
#include "checkers/promises/record_builder_test.h"
#include "checkers/promises/role_convergence.h"
#include "checkers/promises/slot_coverage.h"

using namespace harness;
using namespace harness::testing;

namespace {

/// Those nodes are killed at 10 s, and stay dead.
RunRecord left_dead_run(const std::vector<int>& killed, bool restart_at_end) {
  RecordBuilder b;
  b.observe_until(10'000);
  for (const int node : killed) {
    b.fault("kill", node, 10'000, 10'020);
    b.crash(node);
  }
  b.observe_until(11'700);
  for (const int node : killed) b.mark_failed(node);
  b.observe_until(22'000);
  b.end(20'000, 21'000, 22'000);
  RunRecord run = b.finish();
  run.plan.limits.restart_at_end = restart_at_end;
  for (View& view : run.views)
    if (view.begin > 11'700 * kMillisecond) view.cluster.state_ok = false;
  return run;
}

}  // namespace

TEST_CASE("a shard that faults ended as a whole, and that is left dead, is not missed in the end") {
  const bool again = GENERATE(false, true);
  const RunRecord run = left_dead_run({1, 4}, again);
  const CheckResult slots = check_slot_coverage(run, {});
  const CheckResult roles = check_role_convergence(run, {});
  CAPTURE(again, slots.explanation, roles.explanation);
  CHECK(violates(slots, "slot-uncovered-at-end") == again);
  CHECK(violates(slots, "cluster-down-at-end") == again);
  CHECK(violates(roles, "masters-missing") == again);
  if (!again) CHECK(roles.valid == Validity::kValid);
}

TEST_CASE("a shard with a replica left is missed as long as a majority could elect it") {
  const RunRecord run = left_dead_run({1}, false);
  CHECK(violates(check_slot_coverage(run, {}), "slot-uncovered-at-end"));
  CHECK(violates(check_role_convergence(run, {}), "masters-missing"));
}

TEST_CASE(
    "where faults ended most masters for good, nobody can be elected, and no shard of theirs is missed") {
  const RunRecord run = left_dead_run({1, 2}, false);
  const CheckResult slots = check_slot_coverage(run, {});
  const CheckResult roles = check_role_convergence(run, {});
  INFO(slots.explanation << roles.explanation);
  CHECK(slots.violations == 0);
  CHECK(roles.violations == 0);
}

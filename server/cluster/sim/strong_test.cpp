// Strong mode under random schedules: crashes, pauses, partitions, loss, reordering, clocks that drift and
// are set. `cluster-sim --strong --count 10000` is the long form.
#include <catch2/catch.hpp>

#include "server/cluster/sim/strong_world.h"

using namespace node;
using namespace node::cluster;
using namespace node::cluster::sim;

namespace {

/// The first seed of a range whose history is not linearizable, or 0. The ranges begin near a seed that is
/// known: some mistakes need a thousand schedules.
std::uint64_t first_violation(const StrongPlan& plan, std::uint64_t from, std::uint64_t count) {
  for (std::uint64_t seed = from; seed < from + count; ++seed)
    if (!run_strong_seed(seed, plan).failure.empty()) return seed;
  return 0;
}

constexpr Ms kNever = Operation::kNever;

}  // namespace

TEST_CASE("strong: every history is linearizable, and shards go on serving") {
  int answered = 0, seats = 0, serving = 0, shards = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    const StrongOutcome outcome = run_strong_seed(seed, {});
    INFO("repeat: cluster-sim --strong --verbose --count 1 --seed " << seed);
    REQUIRE(outcome.failure == "");
    answered += outcome.answered;
    seats += outcome.seats_taken;
    serving += outcome.serving;
    shards += outcome.shards;
  }
  // Nothing is proved by clusters that answer nobody or never change hands.
  CHECK(answered > 200 * 400);
  CHECK(seats > shards + 100);
  CHECK(serving * 100 > shards * 85);
}

TEST_CASE("strong: a seed repeats exactly") {
  const StrongOutcome first = run_strong_seed(42, {}), second = run_strong_seed(42, {}),
                      other = run_strong_seed(43, {});
  CHECK(first.fingerprint == second.fingerprint);
  CHECK(first.answered == second.answered);
  CHECK(first.fingerprint != other.fingerprint);
}

// The alarm works: each broken rule is noticed.

TEST_CASE("strong alarm: answers that do not wait for the in-sync copies") {
  CHECK(first_violation({.defects = {Defect::kStrongAnswerEarly}}, 1, 100) != 0);
}

TEST_CASE("strong alarm: a copy that counts as out of the set before a majority knows") {
  CHECK(first_violation({.defects = {Defect::kStrongRemovalEarly}}, 400, 400) != 0);
}

TEST_CASE("strong alarm: a copy that joins the set before it caught up") {
  CHECK(first_violation({.defects = {Defect::kStrongJoinEarly}}, 450, 400) != 0);
}

TEST_CASE("strong alarm: a lease that outlives what its electors keep") {
  CHECK(first_violation({.defects = {Defect::kStrongLeaseLong}}, 1'700, 400) != 0);
}

TEST_CASE("strong alarm: reads without a lease") {
  CHECK(first_violation({.defects = {Defect::kStrongLeaseUnasked}}, 700, 400) != 0);
}

TEST_CASE("strong alarm: a promotion from outside of the in-sync set") {
  CHECK(first_violation({.defects = {Defect::kStrongAnyHeir}}, 1, 50) != 0);
}

TEST_CASE("strong alarm: promises and records that are not on disk") {
  CHECK(first_violation({.defects = {Defect::kStrongPromiseUnsaved}}, 1, 200) != 0);
}

TEST_CASE("strong alarm: a restarted node that takes its lost data for what it was") {
  CHECK(first_violation({.defects = {Defect::kStrongLifeKept}}, 1, 50) != 0);
}

// The judge of those histories, by hand.

TEST_CASE("linear: reads see the last write, or one that is under way") {
  CHECK(linearizable({}));
  CHECK(linearizable({{true, 1, 0, 10}, {false, 1, 11, 12}}));
  CHECK(linearizable({{true, 1, 0, 10}, {false, 0, 5, 6}, {false, 1, 5, 12}}));
  CHECK_FALSE(linearizable({{true, 1, 0, 10}, {false, 0, 11, 12}}));
  CHECK_FALSE(linearizable({{false, 7, 0, 1}}));
  CHECK_FALSE(linearizable({{true, 1, 0, 10}, {true, 2, 11, 20}, {false, 1, 21, 22}}));
  CHECK_FALSE(linearizable({{true, 1, 0, 20}, {false, 1, 5, 6}, {false, 0, 7, 8}}));
}

TEST_CASE("linear: a write that nobody knows of may take place late, or not at all") {
  CHECK(linearizable({{true, 1, 0, kNever}, {false, 0, 100, 101}, {false, 1, 102, 103}}));
  CHECK(linearizable({{true, 1, 0, kNever}, {true, 2, 5, 6}, {false, 2, 100, 101}}));
  CHECK_FALSE(linearizable({{true, 1, 10, kNever}, {false, 1, 1, 2}}));
  CHECK_FALSE(linearizable({{true, 1, 0, kNever}, {false, 1, 5, 6}, {false, 0, 7, 8}}));
}

// "membership", and what else is judged by what the plan intended: roles and slots.
#include "checkers/promises/membership.h"

#include <catch2/catch.hpp>
#include <functional>

#include "checkers/promises/falsified_run_test.h"
#include "checkers/promises/findings_test.h"
#include "checkers/promises/role_convergence.h"
#include "checkers/promises/slot_coverage.h"

using namespace harness;
using namespace harness::testing;

namespace {

/// What was intended, as a record of now tells it: the creation, and from 15 s on what `change` makes of it.
void intend(RunRecord& run, const std::function<void(Membership&)>& change) {
  Membership membership(run.nodes);
  run.intended = {{0, membership}};
  change(membership);
  run.intended.push_back({15 * kSecond, membership});
}

/// The node leaves every list, and tells of nobody but itself.
void leave(RunRecord& run, int node) {
  const std::string left = run.nodes[static_cast<std::size_t>(node)].id;
  for (View& view : run.views) {
    if (view.begin < 15 * kSecond) continue;
    const bool own = view.node == node;
    std::erase_if(view.topology.nodes,
                  [&](const TopologyNode& line) { return own ? line.id != left : line.id == left; });
  }
}

}  // namespace

TEST_CASE("roles are judged against what was intended, not against the creation") {
  RunRecord run = healthy();
  SECTION("a node that left is not missed") {
    leave(run, 5);
    CHECK(violates(check_role_convergence(run, {}), "unknown-node"));
    intend(run, [](Membership& membership) { membership.remove(5); });
    const CheckResult result = check_role_convergence(run, {});
    INFO(result.explanation);
    CHECK(result.violations == 0);
    CHECK(measured(result, "replicas") == 2);
    CHECK(check_membership(run, {}).violations == 0);
  }
  SECTION("a node that left and is still listed is a stranger") {
    intend(run, [](Membership& membership) { membership.remove(5); });
    CHECK(violates(check_membership(run, {}), "stranger-listed"));
  }
  SECTION("a node that was reset is listed until it is forgotten") {
    intend(run, [](Membership& membership) { membership.remove(5); });
    CommandRecord reset;
    reset.node = 5;
    reset.words = {"CLUSTER", "RESET", "HARD"};
    reset.answered = true;
    run.commands.push_back(reset);
    CHECK_FALSE(violates(check_membership(run, {}), "stranger-listed"));
    CommandRecord forget = reset;
    forget.node = 0;
    forget.words = {"cluster", "forget", run.nodes[5].id};
    run.commands.push_back(forget);
    CHECK(violates(check_membership(run, {}), "stranger-listed"));
  }
  SECTION("a spare that never joined is not looked for") {
    leave(run, 5);
    run.nodes[5].spare = true;
    CHECK(check_role_convergence(run, {}).violations == 0);
  }
  SECTION("a master that was meant to give its slots away is not missed") {
    intend(run, [](Membership& membership) {
      const SlotRanges slots = membership.slots_of(2);
      membership.give(slots, 1);
    });
    CHECK(violates(check_role_convergence(run, {}), "masters-missing"));
    CHECK(violates(check_membership(run, {}), "slots-elsewhere"));
  }
  SECTION("slots that were to be handed over all at once may have stayed, and no others") {
    intend(run, [](Membership& membership) { membership.give({{10923, 10930}}, 1); });
    CommandRecord command;
    command.node = 2;
    command.words = {"CLUSTER", "MIGRATESLOTS", "SLOTSRANGE", "10923", "10930", "NODE", run.nodes[1].id};
    command.answered = true;
    command.time = run.intended.back().since - 1;
    run.commands = {command};
    const CheckResult kept = check_membership(run, {});
    CHECK_FALSE(violates(kept, "slots-elsewhere"));
    CHECK(measured(kept, "slots") == 16'376);
    CHECK(measured(kept, "slots_elsewhere_excused") == 8);
    CHECK_THAT(kept.explanation, Catch::Contains("16376 of 16384 slots are") &&
                                     Catch::Contains("n3 has 8 slots not meant for its shard (10923-10930), "
                                                     "which it was asked to hand over"));
    run.commands[0].words[4] = "10929";
    CHECK(violates(check_membership(run, {}), "slots-elsewhere"));
  }
}

TEST_CASE("membership: as created, and what proves nothing") {
  RunRecord run = healthy();
  SECTION("good") {
    const CheckResult result = check_membership(run, {});
    INFO(result.explanation);
    CHECK(result.valid == Validity::kValid);
    CHECK(measured(result, "members") == 6);
    CHECK(measured(result, "slots") == 16'384);
    CHECK_THAT(result.explanation, Catch::Contains("all 16384 slots are with the shard"));
  }
  SECTION("bad: a member that nobody lists any more") {
    leave(run, 5);
    CHECK(violates(check_membership(run, {}), "member-missing"));
  }
  SECTION("no evidence") {
    run.views.clear();
    CHECK(check_membership(run, {}).valid == Validity::kUnknown);
  }
  SECTION("interrupted") {
    run.info.interrupted = true;
    CHECK(check_membership(run, {}).valid == Validity::kUnknown);
  }
}

TEST_CASE("slots are judged against what was intended, not against the creation") {
  RunRecord run = healthy();
  const auto delete_slot = [&] {
    for (View& view : run.views)
      if (view.begin >= 15 * kSecond)
        for (TopologyNode& line : view.topology.nodes)
          if (!line.slots.empty() && line.slots.front().first == 0) line.slots.front().first = 1;
  };
  delete_slot();
  // The views before the change are extended up to it: only the end tells.
  CHECK(violates(check_slot_coverage(run, {}), "slot-uncovered-at-end"));
  intend(run, [](Membership& membership) { membership.take_away({{0, 0}}); });
  const CheckResult result = check_slot_coverage(run, {});
  INFO(result.explanation);
  CHECK(result.violations == 0);
}

TEST_CASE("a change that a fault did not bring to its end excuses where slots are, one that ended does not") {
  RunRecord run = healthy();
  intend(run, [](Membership& membership) { membership.give({{6'000, 6'000}}, 0); });
  REQUIRE(violates(check_membership(run, {}), "slots-elsewhere"));
  FaultRecord fault;
  fault.requested = 5 * kSecond;
  fault.nodes = {0, 1};
  Effect effect;
  effect.kind = EffectKind::kMembership;
  effect.nodes = fault.nodes;
  fault.effects = {effect};
  run.faults.push_back(fault);
  CHECK(violates(check_membership(run, {}), "slots-elsewhere"));
  run.faults.back().error = "n2 answered MIGRATE with CLUSTERDOWN";
  const CheckResult result = check_membership(run, {});
  CHECK_FALSE(violates(result, "slots-elsewhere"));
  CHECK_THAT(result.explanation,
             Catch::Contains("16383 of 16384 slots") &&
                 Catch::Contains("did not come to its end: n2 answered MIGRATE with CLUSTERDOWN"));
  // One that stopped half-way has told no more than what it moved as meant.
  run.intended.clear();
  CHECK_THAT(check_membership(run, {}).explanation,
             Catch::Contains("all 16384 slots") && Catch::Contains("only what it did is meant"));
}

TEST_CASE("a node that has another id since it was reset hard is looked for by that one") {
  RunRecord run = healthy();
  const std::string before = run.nodes[1].id;
  const std::string now(40, 'f');
  for (View& view : run.views) {
    if (view.begin < 15 * kSecond) continue;
    for (TopologyNode& line : view.topology.nodes) {
      if (line.id == before) line.id = now;
      if (line.master_id == before) line.master_id = now;
    }
  }
  const CheckResult result = check_role_convergence(run, {});
  INFO(result.explanation);
  CHECK(result.violations == 0);
}

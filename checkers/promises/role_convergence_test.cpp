// "role-convergence", shown a good record, bad ones and one that proves nothing.
#include "checkers/promises/role_convergence.h"

#include <catch2/catch.hpp>

#include "checkers/promises/data_agreement.h"
#include "checkers/promises/falsified_run_test.h"
#include "checkers/promises/findings_test.h"
#include "checkers/promises/replicas.h"

using namespace harness;
using namespace harness::testing;

TEST_CASE("role-convergence") {
  RunRecord run = healthy();
  SECTION("good") {
    const CheckResult result = check_role_convergence(run, {});
    INFO(result.explanation);
    CHECK(result.valid == Validity::kValid);
    CHECK(measured(result, "masters") == 3);
    CHECK(measured(result, "replicas") == 3);
  }
  SECTION("good: one look without an answer at the very end is not yet a node that is gone") {
    View silent;
    silent.node = 5;
    silent.begin = silent.end = run.info.end;
    silent.reachable = false;
    run.views.push_back(silent);
    CHECK(check_role_convergence(run, {}).valid == Validity::kValid);
    run.views.back().begin -= 3 * kSecond;
    CHECK(violates(check_role_convergence(run, {}), "node-missing"));
  }
  SECTION("bad: the old master never came back") {
    RecordBuilder b;
    b.observe_until(10'000);
    b.fault("debug-segfault", 1, 10'000, 10'020);
    b.crash(1);
    b.observe_until(12'400);
    b.promote(4, 7);
    b.observe_until(22'000);
    b.end(20'000, 21'000, 22'000);
    const CheckResult result = check_role_convergence(b.finish(), {});
    CHECK(violates(result, "node-missing"));
    CHECK(violates(result, "master-without-replica"));
    CHECK(result.explanation.find("n1") != std::string::npos);
  }
  SECTION("good: the plan leaves the node dead that a fault ended; bad: one that ended otherwise") {
    RecordBuilder b;
    b.observe_until(10'000);
    b.fault("kill", 4, 10'000, 10'020);
    b.crash(4);
    b.observe_until(22'000);
    b.end(20'000, 21'000, 22'000);
    RunRecord dead = b.finish();
    dead.plan.limits.restart_at_end = false;
    const CheckResult left = check_role_convergence(dead, {});
    INFO(left.explanation);
    CHECK_FALSE(violates(left, "node-missing"));
    CHECK_FALSE(violates(left, "master-without-replica"));
    const auto data_was_missed = [&dead] {
      const auto names_n4 = [](const CheckResult& result) {
        return result.explanation.find("The data of n4 could not be read") != std::string::npos;
      };
      return names_n4(check_replicas(dead, {})) || names_n4(check_data_agreement(dead, {}));
    };
    for (const int node : {0, 1, 2, 4, 5}) {
      dead.final_data.emplace_back().node = node;
      dead.final_data.back().complete = true;
    }
    CHECK_FALSE(data_was_missed());
    dead.faults.clear();
    CHECK(violates(check_role_convergence(dead, {}), "node-missing"));
    CHECK(data_was_missed());
  }
  SECTION("bad: the old master still rules") {
    TopologyNode& own = line_of(last_view_of(run, 1), id(1));
    own.flags = kFlagMaster | kFlagMyself;
    own.master_id.clear();
    own.slots = {{0, 5460}};
    const CheckResult result = check_role_convergence(run, {});
    CHECK(violates(result, "old-master-not-demoted"));
    CHECK(violates(result, "role-disputed"));
  }
  SECTION("bad: it follows another") {
    for (View& view : run.views)
      if (view.end >= run.info.settled) line_of(view, id(1)).master_id = id(2);
    CHECK(violates(check_role_convergence(run, {}), "old-master-elsewhere"));
    // Good: its shard was given a second replica meanwhile, so that one could move on to an orphaned master.
    Membership membership(run.nodes);
    run.intended = {{0, membership}};
    membership.add_replica(4, 0);
    run.intended.push_back({5 * kSecond, membership});
    membership.add_replica(4, 1);
    run.intended.push_back({15 * kSecond, membership});
    CHECK_FALSE(violates(check_role_convergence(run, {}), "old-master-elsewhere"));
  }
  SECTION("good: it follows the node to which some of its slots were moved on meanwhile") {
    for (View& view : run.views) {
      if (view.end < run.info.settled) continue;
      line_of(view, id(1)).master_id = id(2);
      line_of(view, id(2)).slots = {{275, 324}, {5461, 10922}};
      line_of(view, id(4)).slots = {{0, 274}, {325, 5460}};
    }
    const CheckResult result = check_role_convergence(run, {});
    INFO(result.explanation);
    CHECK(result.valid == Validity::kValid);
  }
  SECTION("unknown: it was given slots while it was being replaced, and stays a master of these") {
    FaultRecord given = run.faults.front();
    given.requested = 11'000 * kMillisecond;
    given.active = given.requested + kMillisecond;
    given.effects = {Effect{}};
    given.effects.front().kind = EffectKind::kMembership;
    given.effects.front().nodes = {0};
    run.faults.insert(run.faults.begin() + 1, given);
    for (View& view : run.views) {
      if (view.end < run.info.settled) continue;
      TopologyNode& old_master = line_of(view, id(1));
      old_master.flags = static_cast<std::uint16_t>((old_master.flags & kFlagMyself) | kFlagMaster);
      old_master.master_id.clear();
      old_master.slots = {{12'000, 12'015}};
      old_master.config_epoch = 8;
      line_of(view, id(3)).slots = {{10'923, 11'999}, {12'016, 16'383}};
    }
    const CheckResult result = check_role_convergence(run, {});
    INFO(result.explanation);
    CHECK(result.valid == Validity::kUnknown);
  }
  SECTION(
      "good: a replica that moves to another master in the very end copies it; bad: it stays and copies") {
    run.info.config.replicas = 2;
    View last = last_view_of(run, 6);
    last.begin = last.end = run.info.end;
    last.replication.link_up = false;
    run.views.push_back(last);
    CHECK(violates(check_role_convergence(run, {}), "link-down"));
    line_of(run.views.back(), id(6)).master_id = id(2);
    CHECK_FALSE(violates(check_role_convergence(run, {}), "link-down"));
    run.info.config.replicas = 1;
    CHECK(violates(check_role_convergence(run, {}), "link-down"));
  }
  SECTION("bad: a master without slots, a link down, a suspicion") {
    line_of(last_view_of(run, 2), id(2)).slots.clear();
    last_view_of(run, 6).replication.link_up = false;
    line_of(last_view_of(run, 5), id(3)).flags |= kFlagPfail;
    const CheckResult result = check_role_convergence(run, {});
    CHECK(violates(result, "master-without-slots"));
    CHECK(violates(result, "link-down"));
    CHECK(violates(result, "thought-failing"));
  }
  SECTION("bad: a node forgotten, an epoch disputed") {
    View& view = last_view_of(run, 5);
    line_of(view, id(3)).config_epoch = 99;
    std::erase_if(view.topology.nodes, [](const TopologyNode& node) { return node.id == id(6); });
    const CheckResult result = check_role_convergence(run, {});
    CHECK(violates(result, "epoch-disputed"));
    CHECK(violates(result, "unknown-node"));
  }
  SECTION("no evidence") {
    run.views.clear();
    CHECK(check_role_convergence(run, {}).valid == Validity::kUnknown);
  }
}

// The checkers of the cluster's own order, each shown a good record, bad ones and one that proves nothing.
#include <catch2/catch.hpp>
#include <csignal>

#include "checkers/promises/data_agreement.h"
#include "checkers/promises/epochs.h"
#include "checkers/promises/failovers.h"
#include "checkers/promises/logs.h"
#include "checkers/promises/minority_writes.h"
#include "checkers/promises/record_builder_test.h"
#include "checkers/promises/replicas.h"
#include "checkers/promises/role_convergence.h"
#include "checkers/promises/slot_coverage.h"
#include "checkers/promises/votes.h"

using namespace harness;
using namespace harness::testing;

namespace {

RunRecord healthy() {
  return FailoverRun().finish();
}

bool has(const CheckResult& result, std::string_view type) {
  for (const Anomaly& anomaly : result.anomalies)
    if (anomaly.type == type && !anomaly.allowed) return true;
  return false;
}

double measured(const CheckResult& result, std::string_view name) {
  for (const auto& [known, value] : result.measured)
    if (known == name) return value;
  return -1;
}

/// The last view of a node, to be falsified.
View& last_view_of(RunRecord& run, int node) {
  for (auto view = run.views.rbegin(); view != run.views.rend(); ++view)
    if (view->node == node - 1) return *view;
  throw std::logic_error("no view");
}

TopologyNode& line_of(View& view, const std::string& id) {
  for (TopologyNode& node : view.topology.nodes)
    if (node.id == id) return node;
  throw std::logic_error("no such line");
}

void add_line(RunRecord& run, int node, int ms, const std::string& text) {
  LogLine line;
  line.node = node - 1;
  line.time = RecordBuilder::nanos(ms);
  for (const Incarnation& life : run.incarnations)
    if (life.node == line.node && life.started <= line.time && line.time <= life.ended) line.pid = life.pid;
  line.text = text;
  run.logs.push_back(line);
  std::stable_sort(run.logs.begin(), run.logs.end(),
                   [](const LogLine& a, const LogLine& b) { return a.time < b.time; });
}

std::string id(int node) {
  return std::string(39, 'a') + static_cast<char>('0' + node);
}

/// In one look at `ms` the node shows a slot of another one as its own.
void show_once(RunRecord& run, int node, int ms, int slot) {
  const Nanos time = ms * kMillisecond;
  const auto seen = std::find_if(run.views.begin(), run.views.end(), [&](const View& view) {
    return view.node == node - 1 && view.begin < time && time < view.end;
  });
  REQUIRE(seen != run.views.end());
  View lie = *seen;
  View after = *seen;
  seen->end = time - 50 * kMillisecond;
  lie.begin = lie.end = time;
  line_of(lie, id(node)).slots.push_back({slot, slot});
  after.begin = time + 50 * kMillisecond;
  run.views.push_back(lie);
  run.views.push_back(after);
  std::stable_sort(run.views.begin(), run.views.end(),
                   [](const View& a, const View& b) { return a.begin < b.begin; });
}

}  // namespace

TEST_CASE("slot-coverage") {
  RunRecord run = healthy();
  SECTION("good: the outage of the failover is told and allowed") {
    const CheckResult result = check_slot_coverage(run, {});
    INFO(result.explanation);
    CHECK(result.valid == Validity::kValid);
    CHECK(result.allowed == 1);
    CHECK(measured(result, "uncovered_ms_max") == Approx(2400).margin(110));
    CHECK(measured(result, "uncovered_slots_max") == 5461);
    CHECK(measured(result, "slots_at_end") == 16384);
  }
  SECTION("bad: a view with an uncovered slot") {
    line_of(last_view_of(run, 5), id(2)).slots = {{5461, 10921}};
    const CheckResult result = check_slot_coverage(run, {});
    CHECK(has(result, "slot-uncovered-at-end"));
    CHECK(result.explanation.find("10922") != std::string::npos);
  }
  SECTION("bad: its owner is failed") {
    line_of(last_view_of(run, 5), id(2)).flags |= kFlagFail;
    CHECK(has(check_slot_coverage(run, {}), "slot-uncovered-at-end"));
  }
  SECTION("bad: nodes disagree on an owner") {
    View& view = last_view_of(run, 5);
    line_of(view, id(3)).slots = line_of(view, id(2)).slots;
    line_of(view, id(2)).slots.clear();
    CHECK(has(check_slot_coverage(run, {}), "slot-owner-disputed"));
  }
  SECTION("bad: two owners after the cluster settled") {
    line_of(last_view_of(run, 3), id(3)).slots = {{10000, 16383}};
    CHECK(has(check_slot_coverage(run, {}), "two-owners"));
  }
  SECTION("bad: a foreign slot in one look, before any fault and while one acts") {
    const int moment = GENERATE(1'050, 11'050);
    CAPTURE(moment);
    show_once(run, 3, moment, 6'000);
    const CheckResult result = check_slot_coverage(run, {});
    CHECK(has(result, "two-owners"));
    CHECK(result.violations == 1);
  }
  SECTION("good: an administrator gave the slot, and took it again") {
    show_once(run, 3, 11'050, 6'000);
    CommandRecord command;
    command.time = 11'000 * kMillisecond;
    command.replied = 11'001 * kMillisecond;
    command.node = 2;
    run.commands.push_back(command);
    CHECK_FALSE(has(check_slot_coverage(run, {}), "two-owners"));
  }
  SECTION("bad: a node still down") {
    last_view_of(run, 6).cluster.state_ok = false;
    CHECK(has(check_slot_coverage(run, {}), "cluster-down-at-end"));
  }
  SECTION("no evidence") {
    run.views.clear();
    CHECK(check_slot_coverage(run, {}).valid == Validity::kUnknown);
  }
  SECTION("interrupted") {
    run.info.interrupted = true;
    CHECK(check_slot_coverage(run, {}).valid == Validity::kUnknown);
  }
}

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
    CHECK(has(check_role_convergence(run, {}), "node-missing"));
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
    CHECK(has(result, "node-missing"));
    CHECK(has(result, "master-without-replica"));
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
    CHECK_FALSE(has(left, "node-missing"));
    CHECK_FALSE(has(left, "master-without-replica"));
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
    CHECK(has(check_role_convergence(dead, {}), "node-missing"));
    CHECK(data_was_missed());
  }
  SECTION("bad: the old master still rules") {
    TopologyNode& own = line_of(last_view_of(run, 1), id(1));
    own.flags = kFlagMaster | kFlagMyself;
    own.master_id.clear();
    own.slots = {{0, 5460}};
    const CheckResult result = check_role_convergence(run, {});
    CHECK(has(result, "old-master-not-demoted"));
    CHECK(has(result, "role-disputed"));
  }
  SECTION("bad: it follows another") {
    for (View& view : run.views)
      if (view.end >= run.info.settled) line_of(view, id(1)).master_id = id(2);
    CHECK(has(check_role_convergence(run, {}), "old-master-elsewhere"));
    // Good: its shard was given a second replica meanwhile, so that one could move on to an orphaned master.
    Membership membership(run.nodes);
    run.intended = {{0, membership}};
    membership.add_replica(4, 0);
    run.intended.push_back({5 * kSecond, membership});
    membership.add_replica(4, 1);
    run.intended.push_back({15 * kSecond, membership});
    CHECK_FALSE(has(check_role_convergence(run, {}), "old-master-elsewhere"));
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
    CHECK(has(check_role_convergence(run, {}), "link-down"));
    line_of(run.views.back(), id(6)).master_id = id(2);
    CHECK_FALSE(has(check_role_convergence(run, {}), "link-down"));
    run.info.config.replicas = 1;
    CHECK(has(check_role_convergence(run, {}), "link-down"));
  }
  SECTION("bad: a master without slots, a link down, a suspicion") {
    line_of(last_view_of(run, 2), id(2)).slots.clear();
    last_view_of(run, 6).replication.link_up = false;
    line_of(last_view_of(run, 5), id(3)).flags |= kFlagPfail;
    const CheckResult result = check_role_convergence(run, {});
    CHECK(has(result, "master-without-slots"));
    CHECK(has(result, "link-down"));
    CHECK(has(result, "thought-failing"));
  }
  SECTION("bad: a node forgotten, an epoch disputed") {
    View& view = last_view_of(run, 5);
    line_of(view, id(3)).config_epoch = 99;
    std::erase_if(view.topology.nodes, [](const TopologyNode& node) { return node.id == id(6); });
    const CheckResult result = check_role_convergence(run, {});
    CHECK(has(result, "epoch-disputed"));
    CHECK(has(result, "unknown-node"));
  }
  SECTION("no evidence") {
    run.views.clear();
    CHECK(check_role_convergence(run, {}).valid == Validity::kUnknown);
  }
}

TEST_CASE("data-agreement") {
  RunRecord run = healthy();
  SECTION("good") {
    const CheckResult result = check_data_agreement(run, {});
    INFO(result.explanation);
    CHECK(result.valid == Validity::kValid);
    CHECK(measured(result, "keys") == 3);
    CHECK(measured(result, "final_reads") == 3);
  }
  SECTION("bad: a key where it does not belong, shown or not") {
    run.final_data[1].values[key_of(0)] = "5";
    CHECK(has(check_data_agreement(run, {}), "misplaced-key"));
    run.final_data[1].values.erase(key_of(0));
    run.final_data[1].foreign[key_of(0)] = "MOVED 0 10.77.0.4:6379";
    CHECK(has(check_data_agreement(run, {}), "misplaced-key"));
    // A migration that nobody ended: the key is where ASK leads.
    for (View& view : run.views)
      for (TopologyNode& node : view.topology.nodes)
        if (node.id == run.nodes[1].id) node.importing.push_back(slot_of(key_of(0)));
    CHECK_FALSE(has(check_data_agreement(run, {}), "misplaced-key"));
  }
  SECTION("bad: the final read saw something else") {
    for (int node : {3, 0}) run.final_data[static_cast<std::size_t>(node)].values[key_of(0)] = "5";
    CHECK(has(check_data_agreement(run, {}), "final-read-differs"));
  }
  SECTION("no evidence") {
    run.final_data[4].complete = false;
    CHECK(check_data_agreement(run, {}).valid == Validity::kUnknown);
    run.final_data.clear();
    CHECK(check_data_agreement(run, {}).valid == Validity::kUnknown);
  }
}

TEST_CASE("epochs") {
  RunRecord run = healthy();
  SECTION("good") {
    const CheckResult result = check_epochs(run, {});
    INFO(result.explanation);
    CHECK(result.valid == Validity::kValid);
    CHECK(measured(result, "epochs_won") == 1);
  }
  SECTION("bad: the current epoch goes back while the process runs") {
    last_view_of(run, 2).cluster.current_epoch = 3;
    CHECK(has(check_epochs(run, {}), "current-epoch-went-back"));
  }
  SECTION("bad: a restarted node forgot an epoch that it had saved") {
    for (View& view : run.views)
      if (view.node == 0 && view.begin > 15 * kSecond) view.cluster.current_epoch = 1;
    CHECK(has(check_epochs(run, {}), "current-epoch-went-back"));
  }
  SECTION("good: it forgot one that it had only heard of") {
    for (View& view : run.views)
      if (view.node == 0 && view.begin < 15 * kSecond) view.cluster.current_epoch = 9;
    CHECK(check_epochs(run, {}).valid == Validity::kValid);
  }
  SECTION("bad: a master's config epoch goes back") {
    line_of(last_view_of(run, 3), id(3)).config_epoch = 2;
    CHECK(has(check_epochs(run, {}), "config-epoch-went-back"));
  }
  SECTION("bad: two masters share one in the end") {
    line_of(last_view_of(run, 3), id(3)).config_epoch = 7;
    CHECK(has(check_epochs(run, {}), "shared-config-epoch"));
  }
  SECTION("bad: one epoch won twice") {
    add_line(run, 5, 15'000, "configEpoch set to 7 after successful failover");
    CHECK(has(check_epochs(run, {}), "epoch-won-twice"));
  }
  SECTION("no evidence") {
    run.views.clear();
    CHECK(check_epochs(run, {}).valid == Validity::kUnknown);
  }
}

TEST_CASE("votes") {
  RunRecord run = healthy();
  SECTION("good") {
    const CheckResult result = check_votes(run, {});
    INFO(result.explanation);
    CHECK(result.valid == Validity::kValid);
    CHECK(measured(result, "votes") == 2);
    CHECK(measured(result, "elections_won") == 1);
  }
  SECTION("bad: a vote that nodes.conf does not hold in the end") {
    add_line(run, 2, 21'900, "nodes.conf: current epoch 7, last vote in epoch 7, own config epoch 2");
    add_line(run, 3, 21'900, "nodes.conf: current epoch 7, last vote in epoch 7, own config epoch 3");
    CHECK(check_votes(run, {}).valid == Validity::kValid);
    run.logs.back().text = "nodes.conf: current epoch 7, last vote in epoch 0, own config epoch 3";
    CHECK(has(check_votes(run, {}), "vote-not-saved"));
    CommandRecord reset;
    reset.words = {"CLUSTER", "RESET", "HARD"};
    run.commands = {reset};
    CHECK(check_votes(run, {}).valid == Validity::kValid);
  }
  SECTION("bad: two votes in one epoch, a vote for an old one") {
    add_line(run, 2, 12'900, "Failover auth granted to " + id(5) + " for epoch 7");
    CHECK(has(check_votes(run, {}), "voted-twice"));
    add_line(run, 3, 12'900, "Failover auth granted to " + id(5) + " for epoch 6");
    CHECK(has(check_votes(run, {}), "voted-for-old-epoch"));
  }
  SECTION("bad: again for the same master, too soon") {
    // n4 is still a replica by the looks before its promotion.
    add_line(run, 2, 12'000, "Failover auth granted to " + id(4) + " for epoch 5");
    CHECK(has(check_votes(run, {}), "votes-too-close"));
    run.info.server.flavor = "valkey";
    run.info.server.version = "9.1.2";
    CHECK_FALSE(has(check_votes(run, {}), "votes-too-close"));
    run.info.server = healthy().info.server;
    REQUIRE(has(check_votes(run, {}), "votes-too-close"));
    run.plan.cluster.directives["cluster-strong"] = "yes";  // ballots come as they are needed
    CHECK_FALSE(has(check_votes(run, {}), "votes-too-close"));
  }
  SECTION("bad: a vote against a master that is well") {
    add_line(run, 3, 5'000, "Failover auth granted to " + id(5) + " for epoch 5");
    CHECK(has(check_votes(run, {}), "vote-without-failure"));
    RunRecord strong = run;
    strong.plan.cluster.directives["cluster-strong"] = "yes";  // a lease that is over is reason enough
    CHECK_FALSE(has(check_votes(strong, {}), "vote-without-failure"));
    FaultRecord asked;
    asked.nodes = {4};
    asked.requested = 4'900 * kMillisecond;
    asked.effects.emplace_back();
    asked.effects[0].kind = EffectKind::kHandover;
    asked.effects[0].nodes = {4};
    run.faults.push_back(asked);
    CHECK_FALSE(has(check_votes(run, {}), "vote-without-failure"));
    run.faults.back().requested -= 11 * kSecond;  // given up long ago
    CHECK(has(check_votes(run, {}), "vote-without-failure"));
  }
  SECTION("good: a takeover needs no vote") {
    std::erase_if(run.logs,
                  [](const LogLine& line) { return line.text.find("auth granted") != std::string::npos; });
    std::erase_if(run.logs,
                  [](const LogLine& line) { return line.text.find("election won") != std::string::npos; });
    CHECK(check_votes(run, {}).valid == Validity::kUnknown);
    FaultRecord asked;
    asked.nodes = {3};
    asked.requested = 11'900 * kMillisecond;
    asked.effects.emplace_back();
    asked.effects[0].kind = EffectKind::kHandover;
    asked.effects[0].nodes = {3};
    asked.effects[0].forced = true;
    run.faults.push_back(asked);
    CHECK(check_votes(run, {}).valid == Validity::kValid);
  }
  SECTION("good: Valkey 9.1's best-ranked replica asks with force; one of a lower rank does not") {
    add_line(run, 3, 5'000, "Failover auth granted to " + id(5) + " for epoch 5");
    run.info.server.flavor = "valkey";
    run.info.server.version = "9.1.2";
    CHECK_FALSE(has(check_votes(run, {}), "vote-without-failure"));
    add_line(run, 5, 4'900,
             "Start of election delayed for 0 milliseconds (rank #1, primary rank #0, offset 70).");
    CHECK(has(check_votes(run, {}), "vote-without-failure"));
    run.info.server.version = "8.1.1";
    CHECK(has(check_votes(run, {}), "vote-without-failure"));
  }
  SECTION("bad: won without a majority") {
    std::erase_if(run.logs, [](const LogLine& line) {
      return line.node == 1 && line.text.find("granted") != std::string::npos;
    });
    CHECK(has(check_votes(run, {}), "won-without-majority"));
  }
  SECTION("bad: it crashed where it was only asked to end, or the disk refused its writes") {
    Effect& effect = run.faults.front().effects.front();
    effect.excuses.log_lines.clear();
    std::erase_if(run.logs, [](const LogLine& line) { return line.node == 0; });
    add_line(run, 0, 1, "a healthy line");
    CHECK(has(check_logs(run, {}), "unexpected-exit"));
    effect.kind = EffectKind::kDisk;
    for (Incarnation& life : run.incarnations)
      if (life.signal != 0) {
        life.expected = false;
        life.signal = SIGKILL;  // no disk does that
      }
    CHECK(has(check_logs(run, {}), "unexpected-exit"));
    for (Incarnation& life : run.incarnations)
      if (life.signal != 0) {
        life.signal = 0;
        life.exit_code = 1;
      }
    CHECK_FALSE(has(check_logs(run, {}), "unexpected-exit"));
  }
  SECTION("no evidence") {
    std::erase_if(run.logs,
                  [](const LogLine& line) { return line.text.find("ailover") != std::string::npos; });
    CHECK(check_votes(run, {}).valid == Validity::kUnknown);
  }
}

TEST_CASE("failover: phases and bounds") {
  RunRecord run = healthy();
  SECTION("good") {
    const auto failovers = find_failovers(run);
    REQUIRE(failovers.size() == 1);
    const Failover& failover = failovers[0];
    CHECK(failover.shard == 0);
    CHECK(failover.fault == "debug-segfault");
    CHECK(to_ms(failover.fault_at) == 10'000);
    CHECK(to_ms(failover.fail) == Approx(11'700).margin(101));
    CHECK(failover.pfail <= failover.fail);
    CHECK(to_ms(failover.election) == 12'400);
    CHECK(to_ms(failover.promoted) == Approx(12'400).margin(101));
    CHECK(to_ms(failover.first_write) == 12'601);
    CHECK(to_ms(failover.converged) == Approx(12'400).margin(101));
    CHECK(failover.bound_ms == 4'250);
    CHECK(failover.within_bound);
    const CheckResult result = check_failover(run, {});
    INFO(result.explanation);
    CHECK(result.valid == Validity::kValid);
  }
  SECTION("good: late, after a fault that slows the bus down and silences nobody") {
    run.info.config.node_timeout_ms = 500;
    for (Effect& effect : run.faults.front().effects) effect.kind = EffectKind::kBus;
    const auto failovers = find_failovers(run);
    REQUIRE(failovers.size() == 1);
    CHECK_FALSE(failovers[0].within_bound);
    CHECK_FALSE(has(check_failover(run, {}), "slow-failover"));
  }
  SECTION("bad: too slow") {
    run.info.config.node_timeout_ms = 500;  // 2 s
    CHECK(has(check_failover(run, {}), "slow-failover"));
    // A machine on which an operation takes a second while all is well stretches every bound by as much.
    for (Operation& op : run.history.operations)
      if (op.completed < 9 * kSecond) op.completed += kSecond;
    CHECK(check_failover(run, {}).valid == Validity::kValid);
  }
  for (Incarnation& life : run.incarnations) life.expected = true;  // somebody ended it, and has no fault
  SECTION("bad: needless") {
    run.faults.erase(run.faults.begin());
    CHECK(has(check_failover(run, {}), "needless-failover"));
  }
  SECTION("a master that left by order, or crashed by itself, is not replaced needlessly") {
    run.faults.erase(run.faults.begin());
    REQUIRE(has(check_failover(run, {}), "needless-failover"));
    RunRecord left = run;
    Membership membership(left.nodes);
    membership.remove(0);
    left.intended = {{0, membership}};
    CHECK_FALSE(has(check_failover(left, {}), "needless-failover"));
    for (Incarnation& life : run.incarnations)
      if (life.node == 0 && life.ended != kNever) life.expected = false;
    CHECK_FALSE(has(check_failover(run, {}), "needless-failover"));
  }
  SECTION("bad: a cut healed at once ended in a failover") {
    run.faults[0].fault = "isolate";
    run.faults[0].sides = {{"n1"}, {"n2", "n3", "n4", "n5", "n6"}};
    run.faults[0].effects = effects_of_old_record(run.faults[0]);
    run.faults[0].heals = true;
    run.faults[0].heal_requested = run.faults[0].healed = run.faults[0].active + 300 * kMillisecond;
    CHECK(has(check_failover(run, {}), "needless-failover"));
  }
  SECTION("a machine that stood still excuses what no fault explains") {
    run.faults.erase(run.faults.begin());
    const auto still = [](Nanos time) { return 10 * kSecond < time && time < 12 * kSecond; };
    std::erase_if(run.offsets, [&](const OffsetSample& sample) { return still(sample.time); });
    std::erase_if(run.views, [&](const View& view) { return still(view.begin); });
    std::erase_if(run.logs, [&](const LogLine& line) { return still(line.time); });
    std::erase_if(run.history.operations, [&](const Operation& op) { return still(op.invoked); });
    CHECK(check_failover(run, {}).valid == Validity::kUnknown);
  }
  SECTION("no evidence") {
    run.views.clear();
    CHECK(check_failover(run, {}).valid == Validity::kUnknown);
  }
}

TEST_CASE("failover: a lost master that nobody replaces") {
  RecordBuilder b;
  b.observe_until(10'000);
  b.fault("kill", 1, 10'000, 10'020);
  b.crash(1, 9);
  b.observe_until(20'000);
  b.end(18'000, 19'500, 20'000);
  SECTION("bad") {
    const CheckResult result = check_failover(b.finish(), {});
    CHECK(has(result, "no-failover"));
    CHECK(result.explanation.find("n1") != std::string::npos);
  }
  SECTION("its replica was lost too: nothing was due") {
    RecordBuilder both;
    both.observe_until(9'000);
    both.fault("kill", 4, 9'000, 9'020);
    both.crash(4, 9);
    both.observe_until(10'000);
    both.fault("kill", 1, 10'000, 10'020);
    both.crash(1, 9);
    both.observe_until(20'000);
    CHECK(check_failover(both.finish(), {}).valid == Validity::kValid);
  }
}

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
    CHECK(has(result, "minority-write"));
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

TEST_CASE("logs") {
  RunRecord run = healthy();
  SECTION("good: the crash was asked for") {
    const CheckResult result = check_logs(run, {});
    INFO(result.explanation);
    CHECK(result.valid == Validity::kValid);
    CHECK(measured(result, "expected_crashes") == 1);
  }
  SECTION("bad: a crash on another node, an assertion, a sanitizer report") {
    add_line(run, 2, 15'000, "=== REDIS BUG REPORT START: Cut & paste starting from here ===");
    CHECK(has(check_logs(run, {}), "crash"));
    add_line(run, 2, 15'001, "=== ASSERTION FAILED ===");
    CHECK(has(check_logs(run, {}), "assertion-failed"));
    add_line(run, 3, 15'002, "==12==ERROR: AddressSanitizer: heap-use-after-free on address 0x6020");
    const CheckResult result = check_logs(run, {});
    CHECK(has(result, "sanitizer"));
    CHECK(result.violations == 2);  // the lines of one report are one crash
  }
  SECTION("bad: a crash report is told by what it asserted") {
    LogLine line;
    line.node = 1;
    line.text = "=== REDIS BUG REPORT START: Cut & paste starting from here ===";
    run.logs.push_back(line);
    add_line(run, 2, 15'001, "=== ASSERTION FAILED ===");
    add_line(run, 2, 15'001, "==> cluster.c:4580 'myself->numslots == 0' is not true");
    const CheckResult result = check_logs(run, {});
    CHECK(result.violations == 1);
    CHECK(has(result, "assertion-failed"));
    CHECK(result.explanation.find("numslots == 0") != std::string::npos);
  }
  SECTION("good: the report's first line has no pid, and the time of the line before") {
    LogLine line;
    line.node = 0;
    line.time = -3 * kSecond;
    line.text = "=== REDIS BUG REPORT START: Cut & paste starting from here ===";
    run.logs.insert(run.logs.begin(), line);
    CHECK(check_logs(run, {}).valid == Validity::kValid);
    run.logs.front().node = 2;
    CHECK(has(check_logs(run, {}), "crash"));
  }
  SECTION("bad: the restarted process crashed again, by itself") {
    add_line(run, 1, 18'000, "Redis 7.0.15 crashed by signal: 11, si_code: 1");
    CHECK(has(check_logs(run, {}), "crash"));
  }
  SECTION("bad: an assertion within the crash that was asked for") {
    add_line(run, 1, 9'990, "=== ASSERTION FAILED ===");
    CHECK(has(check_logs(run, {}), "assertion-failed"));
  }
  SECTION("bad: a process ended by itself") {
    run.incarnations[2].ended = 15 * kSecond;
    run.incarnations[2].exit_code = 1;
    const CheckResult result = check_logs(run, {});
    CHECK(has(result, "unexpected-exit"));
    CHECK(result.explanation.find("exit code 1") != std::string::npos);
  }
  SECTION("no evidence") {
    std::erase_if(run.logs, [](const LogLine& line) { return line.node == 4; });
    CHECK(check_logs(run, {}).valid == Validity::kUnknown);
  }
}

TEST_CASE(
    "a handover is the cause of its promotion, also where the old master had been hindered long before") {
  RunRecord run = healthy();
  FaultRecord& fault = run.faults.at(0);
  REQUIRE(fault.requested == 10'000 * kMillisecond);
  fault.requested = fault.active = 4'000 * kMillisecond;  // of the crash it is told six seconds too early
  const CheckResult late = check_failover(run, {});
  CHECK(late.valid == Validity::kInvalid);
  FaultRecord asked;
  asked.nodes = {3};
  asked.requested = asked.active = 11'900 * kMillisecond;
  asked.effects.emplace_back();
  asked.effects[0].kind = EffectKind::kHandover;
  asked.effects[0].nodes = {3};
  run.faults.insert(run.faults.begin() + 1, asked);
  const CheckResult handed = check_failover(run, {});
  INFO(handed.explanation);
  CHECK(handed.valid == Validity::kValid);
}

TEST_CASE(
    "no failover is due where the only replica had been cut off from its master before, on whichever port") {
  RunRecord run = healthy();
  REQUIRE_FALSE(Analysis(run).due.empty());
  FaultRecord cut;
  cut.nodes = {0, 3};
  cut.requested = cut.active = 2'000 * kMillisecond;
  cut.effects.emplace_back();
  cut.effects[0].kind = EffectKind::kCut;
  cut.effects[0].traffic = Traffic::kClientPort;
  cut.effects[0].links = {{"n1", "n4"}};
  cut.heals = true;
  run.faults.insert(run.faults.begin(), cut);
  CHECK(Analysis(run).due.empty());
  run.faults[0].healed = 9'000 * kMillisecond;
  CHECK_FALSE(Analysis(run).due.empty());
}

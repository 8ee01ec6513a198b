// "slot-coverage", shown a good record, bad ones and one that proves nothing.
#include "checkers/promises/slot_coverage.h"

#include <catch2/catch.hpp>

#include "checkers/promises/falsified_run_test.h"
#include "checkers/promises/findings_test.h"

using namespace harness;
using namespace harness::testing;

namespace {

/// From the look at `ms` on the node shows its own slots so; the look before was at `before`.
void own_from(RunRecord& run, int node, int before, int ms, const SlotRanges& slots) {
  const Nanos time = ms * kMillisecond;
  const auto seen = std::find_if(run.views.begin(), run.views.end(), [&](const View& view) {
    return view.node == node - 1 && view.begin < time && time < view.end;
  });
  REQUIRE(seen != run.views.end());
  View after = *seen;
  seen->end = before * kMillisecond;
  after.begin = time;
  run.views.push_back(after);
  for (View& view : run.views)
    if (view.node == node - 1 && view.begin >= time && view.reachable) line_of(view, id(node)).slots = slots;
  std::stable_sort(run.views.begin(), run.views.end(),
                   [](const View& a, const View& b) { return a.begin < b.begin; });
}

/// What is told of slots without an owner, in order.
std::vector<std::string> outages(const RunRecord& run) {
  std::vector<std::string> told;
  for (const Anomaly& anomaly : check_slot_coverage(run, {}).anomalies)
    if (anomaly.type == "slots-uncovered") told.push_back(anomaly.explanation);
  return told;
}

}  // namespace

TEST_CASE("a slot that moves between two looks had an owner all the time") {
  RunRecord run = healthy();
  REQUIRE(outages(run).size() == 1);
  own_from(run, 2, 4'950, 5'000, {{5461, 5999}, {6001, 10922}});
  SECTION("its new owner was not looked at in between") {
    own_from(run, 3, 4'990, 5'040, {{6000, 6000}, {10923, 16383}});
    CHECK(outages(run).size() == 1);
  }
  SECTION("its new owner was looked at, and did not have it yet") {
    own_from(run, 3, 5'010, 5'040, {{6000, 6000}, {10923, 16383}});
    REQUIRE(outages(run).size() == 2);
    CHECK_THAT(outages(run).front() + outages(run).back(),
               Catch::Contains("slot 6000 was not seen to be served"));
  }
}

TEST_CASE("short outages of many slots, each for itself, are one entry") {
  RunRecord run = healthy();
  own_from(run, 2, 4'950, 5'000, {{5461, 5999}, {6001, 10922}});
  own_from(run, 3, 5'010, 5'040, {{6000, 6000}, {10923, 16383}});
  own_from(run, 2, 5'950, 6'000, {{5461, 5999}, {6002, 10922}});
  own_from(run, 3, 6'010, 6'050, {{6000, 6001}, {10923, 16383}});
  const std::vector<std::string> told = outages(run);
  REQUIRE(told.size() == 2);
  CHECK_THAT(told.front() + told.back(),
             Catch::Contains("2 slots were not seen to be served in 2 short stretches, each for at most 50"));
}

TEST_CASE("slots whose writes were acknowledged were served, whatever the looks show") {
  RunRecord run = healthy();
  own_from(run, 2, 4'000, 4'050, {{5461, 10922}});
  own_from(run, 2, 5'950, 6'000, {{5461, 10922}});
  for (View& view : run.views)
    if (view.node == 1 && view.begin >= RecordBuilder::nanos(4'000) &&
        view.begin < RecordBuilder::nanos(6'000))
      view.cluster.state_ok = false;
  CHECK(outages(run).size() == 1);  // n2's load goes on: only the failover's is left
  std::erase_if(run.history.operations, [](const Operation& op) {
    return op.completed >= RecordBuilder::nanos(4'500) && op.invoked <= RecordBuilder::nanos(5'500);
  });
  REQUIRE(outages(run).size() == 2);
  CHECK_THAT(outages(run).front(), Catch::Contains("slots 5461-10922 were not seen to be served for 1") &&
                                       Catch::Contains("cluster_state:ok"));
}

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
    CHECK(violates(result, "slot-uncovered-at-end"));
    CHECK(result.explanation.find("10922") != std::string::npos);
  }
  SECTION("bad: its owner is failed") {
    line_of(last_view_of(run, 5), id(2)).flags |= kFlagFail;
    CHECK(violates(check_slot_coverage(run, {}), "slot-uncovered-at-end"));
  }
  SECTION("bad: nodes disagree on an owner") {
    View& view = last_view_of(run, 5);
    line_of(view, id(3)).slots = line_of(view, id(2)).slots;
    line_of(view, id(2)).slots.clear();
    CHECK(violates(check_slot_coverage(run, {}), "slot-owner-disputed"));
  }
  SECTION("bad: two owners after the cluster settled") {
    line_of(last_view_of(run, 3), id(3)).slots = {{10000, 16383}};
    CHECK(violates(check_slot_coverage(run, {}), "two-owners"));
  }
  SECTION("bad: a foreign slot in one look, before any fault and while one acts") {
    const int moment = GENERATE(1'050, 11'050);
    CAPTURE(moment);
    show_once(run, 3, moment, 6'000);
    const CheckResult result = check_slot_coverage(run, {});
    CHECK(violates(result, "two-owners"));
    CHECK(result.violations == 1);
  }
  SECTION("good: an administrator gave the slot, and took it again") {
    show_once(run, 3, 11'050, 6'000);
    CommandRecord command;
    command.time = 11'000 * kMillisecond;
    command.replied = 11'001 * kMillisecond;
    command.node = 2;
    run.commands.push_back(command);
    CHECK_FALSE(violates(check_slot_coverage(run, {}), "two-owners"));
  }
  SECTION("bad: a node still down") {
    last_view_of(run, 6).cluster.state_ok = false;
    CHECK(violates(check_slot_coverage(run, {}), "cluster-down-at-end"));
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

// "slot-coverage", shown a good record, bad ones and one that proves nothing.
#include "checkers/promises/slot_coverage.h"

#include <catch2/catch.hpp>

#include "checkers/promises/falsified_run_test.h"
#include "checkers/promises/findings_test.h"

using namespace harness;
using namespace harness::testing;

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

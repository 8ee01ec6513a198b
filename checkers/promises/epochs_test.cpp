// "epochs", shown a good record, bad ones and one that proves nothing.
#include "checkers/promises/epochs.h"

#include <catch2/catch.hpp>

#include "checkers/promises/falsified_run_test.h"
#include "checkers/promises/findings_test.h"
#include "checkers/promises/record_builder_test.h"

using namespace harness;
using namespace harness::testing;

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
    CHECK(violates(check_epochs(run, {}), "current-epoch-went-back"));
  }
  SECTION("bad: a restarted node forgot an epoch that it had saved") {
    for (View& view : run.views)
      if (view.node == 0 && view.begin > 15 * kSecond) view.cluster.current_epoch = 1;
    CHECK(violates(check_epochs(run, {}), "current-epoch-went-back"));
  }
  SECTION("good: it forgot one that it had only heard of") {
    for (View& view : run.views)
      if (view.node == 0 && view.begin < 15 * kSecond) view.cluster.current_epoch = 9;
    CHECK(check_epochs(run, {}).valid == Validity::kValid);
  }
  SECTION("bad: a master's config epoch goes back") {
    line_of(last_view_of(run, 3), id(3)).config_epoch = 2;
    CHECK(violates(check_epochs(run, {}), "config-epoch-went-back"));
  }
  SECTION("bad: two masters share one in the end") {
    line_of(last_view_of(run, 3), id(3)).config_epoch = 7;
    CHECK(violates(check_epochs(run, {}), "shared-config-epoch"));
  }
  SECTION("bad: one epoch won twice") {
    add_line(run, 5, 15'000, "configEpoch set to 7 after successful failover");
    CHECK(violates(check_epochs(run, {}), "epoch-won-twice"));
  }
  SECTION("no evidence") {
    run.views.clear();
    CHECK(check_epochs(run, {}).valid == Validity::kUnknown);
  }
}

TEST_CASE("who takes slots over at once takes a greater config epoch than their owner had") {
  RecordBuilder b;
  CommandRecord command;
  command.words = {"CLUSTER", "MIGRATESLOTS", "SLOTSRANGE", "1", "2"};
  command.time = command.replied = 900 * kMillisecond;
  const auto imported = [&](int from, int to) {
    b.observe_until(1'000);
    b.move_slot(slot_of(key_of(from - 1)), from, to);
    b.observe_until(2'000);
    b.run.commands.push_back(command);
    return violates(check_epochs(b.finish(), {}), "imported-without-epoch");
  };
  SECTION("bad: the owner has the greater one still") {
    if (GENERATE(true, false)) command.words = {"cluster", "migrateslots", "slotsrange", "1", "2"};
    CHECK(imported(2, 1));
  }
  SECTION("good: it has the greater one") {
    CHECK_FALSE(imported(1, 2));
  }
  SECTION("not told: the slot was given by hand") {
    command.words = {"CLUSTER", "SETSLOT", "1", "NODE", b.id(1)};
    CHECK_FALSE(imported(2, 1));
  }
}

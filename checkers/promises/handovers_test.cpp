// A failover by hand: writers wait, and the replica takes over where nothing is in the way.
#include "checkers/promises/handovers.h"

#include <catch2/catch.hpp>

#include "checkers/promises/analysis.h"
#include "checkers/promises/failovers.h"
#include "checkers/promises/findings_test.h"
#include "checkers/promises/record_builder_test.h"

using namespace harness;
using namespace harness::testing;

namespace {

/// n4 asks n1 to hand over at 5 s, and gives it up at 10 s.
struct GivenUp {
  RecordBuilder b;

  GivenUp() {
    b.observe_until(15'000);
    b.end(13'000, 14'000, 15'000);
    b.log(4, "Manual failover user request accepted.", 5'000);
    b.log(1, "Manual failover requested by replica " + b.id(4) + ".", 5'010);
    b.log(4, "Manual failover timed out.", 10'010);
    b.log(1, "Manual failover timed out.", 10'020);
    FaultRecord& fault = b.fault("by-hand", 4, 4'990, 4'990);
    fault.active = kNever;
    fault.effects.resize(1);
    fault.effects.front().kind = EffectKind::kHandover;
    fault.effects.front().nodes = {3};
  }
  bool finds(const char* type) { return has(check_failover(b.finish(), {}), type); }
};

}  // namespace

TEST_CASE("handover: one that is given up though nothing was in the way") {
  GivenUp scene;
  SECTION("bad") {
    CHECK(scene.finds("handover-timed-out"));
  }
  SECTION("good: it asked for votes, and they may be lost") {
    scene.b.log(4, "Starting a failover election for epoch 7.", 6'000);
    RunRecord run = scene.b.finish();
    CHECK_FALSE(has(check_failover(run, {}), "handover-timed-out"));
  }
  SECTION("good: FORCE waits for nothing, so nothing is said of it") {
    for (LogLine& line : scene.b.run.logs)
      if (line.text.starts_with("Manual failover user")) line.text = "Forced failover user request accepted.";
    CHECK_FALSE(scene.finds("handover-timed-out"));
  }
  SECTION("good: a fault was at work") {
    FaultRecord& other = scene.b.fault("other", 2, 3'000, 3'010, 6'000, 6'010);
    other.effects.resize(1);
    other.effects.front().kind = EffectKind::kCut;
    CHECK_FALSE(scene.finds("handover-timed-out"));
  }
  SECTION("good: the plan sent a command meanwhile") {
    CommandRecord command;
    command.node = 0;
    command.words = {"DEBUG", "SLEEP", "3"};
    command.time = 5'100 * kMillisecond;
    command.replied = 8'100 * kMillisecond;
    scene.b.run.commands = {command};
    CHECK_FALSE(scene.finds("handover-timed-out"));
  }
  SECTION("good: the replica did not follow") {
    for (OffsetSample& sample : scene.b.run.offsets)
      if (sample.node == 3 && sample.time > 4 * kSecond) sample.offset = 1;
    CHECK_FALSE(scene.finds("handover-timed-out"));
  }
  SECTION("good: its link was down") {
    for (View& view : scene.b.run.views)
      if (view.node == 3) view.replication.link_up = false;
    CHECK_FALSE(scene.finds("handover-timed-out"));
  }
}

TEST_CASE("handover: writers wait while their master hands over") {
  GivenUp scene;
  scene.b.write(1, key_of(0), 1, {4'000, 4'005}, 1);
  scene.b.write(1, key_of(0), 2, {4'900, 5'100}, 1);   // perhaps before
  scene.b.read(2, key_of(0), 2, {6'000, 6'001}, 1);    // reads do not wait
  scene.b.write(3, key_of(1), 3, {6'000, 6'001}, 2);   // at another master
  scene.b.write(1, key_of(0), 4, {9'000, 10'200}, 1);  // perhaps afterwards
  SECTION("good") {
    CHECK_FALSE(scene.finds("wrote-during-handover"));
  }
  SECTION("bad") {
    scene.b.write(4, key_of(0), 5, {6'000, 6'001}, 1);
    CHECK(scene.finds("wrote-during-handover"));
  }
  SECTION("bad: soon after it was asked, as far as logs tell the time") {
    scene.b.write(4, key_of(0), 5, {5'016, 5'018}, 1);
    CHECK(scene.finds("wrote-during-handover"));
  }
  SECTION("good: it has been demoted by then") {
    scene.b.log(1, "Configuration change detected. Reconfiguring myself as a replica of " + scene.b.id(4),
                5'500);
    scene.b.write(4, key_of(0), 5, {6'000, 6'001}, 1);
    CHECK_FALSE(scene.finds("wrote-during-handover"));
  }
  SECTION("not judged where clocks move") {
    scene.b.write(4, key_of(0), 5, {6'000, 6'001}, 1);
    FaultRecord& clock = scene.b.fault("clock", 2, 1'000, 1'000);
    clock.effects.resize(1);
    clock.effects.front().kind = EffectKind::kClock;
    CHECK_FALSE(scene.finds("wrote-during-handover"));
  }
}

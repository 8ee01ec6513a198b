#include "harness/core/schedule.h"

#include <catch2/catch.hpp>
#include <set>

using namespace harness;

namespace {

StepTemplate step(double after_min, double after_max) {
  StepTemplate step;
  step.after_s_min = after_min;
  step.after_s_max = after_max;
  step.fault = "pause";
  return step;
}

}  // namespace

TEST_CASE("a step keeps what the scenario says of it") {
  StepTemplate words = step(2, 2);
  words.condition = StepCondition::kRecovered;
  words.target = "master-of-slot 7";
  words.hold_s = 0.5;
  words.hold_timeouts = 2;
  Prng prng(1);
  const Schedule schedule = plan_schedule(std::span(&words, 1), 1500, prng);
  REQUIRE(schedule.size() == 1);
  CHECK(schedule[0].after == 2 * kSecond);
  CHECK(schedule[0].condition == StepCondition::kRecovered);
  CHECK(schedule[0].fault == "pause");
  CHECK(schedule[0].target == "master-of-slot 7");
  CHECK(schedule[0].hold == 3500 * kMillisecond);  // 0.5 s and two node timeouts
}

TEST_CASE("times are drawn from their ranges, in whole milliseconds") {
  const std::vector<StepTemplate> steps(500, step(1, 4));
  Prng prng(2);
  std::set<Nanos> times;
  for (const PlannedStep& planned : plan_schedule(steps, 1500, prng)) {
    CHECK(planned.after >= 1 * kSecond);
    CHECK(planned.after <= 4 * kSecond);
    CHECK(planned.after % kMillisecond == 0);
    times.insert(planned.after);
  }
  CHECK(*times.begin() < 1100 * kMillisecond);
  CHECK(*times.rbegin() > 3900 * kMillisecond);
}

TEST_CASE("a seed plans the same schedule on every machine") {
  const std::vector<StepTemplate> steps(3, step(1, 4));
  Prng prng(3);
  const Schedule schedule = plan_schedule(steps, 1500, prng);
  REQUIRE(schedule.size() == 3);
  CHECK(schedule[0].after == 3072 * kMillisecond);
  CHECK(schedule[1].after == 2922 * kMillisecond);
  CHECK(schedule[2].after == 1655 * kMillisecond);

  // A fixed time draws as well, so that making one step a fixed one leaves the others as they were.
  std::vector<StepTemplate> one_fixed = steps;
  one_fixed[0] = step(9, 9);
  Prng again(3);
  const Schedule changed = plan_schedule(one_fixed, 1500, again);
  CHECK(changed[0].after == 9 * kSecond);
  CHECK(changed[1].after == schedule[1].after);
  CHECK(changed[2].after == schedule[2].after);
}

TEST_CASE("no steps are no faults, and every condition has a name") {
  Prng prng(1);
  CHECK(plan_schedule({}, 1500, prng).empty());
  CHECK(to_string(StepCondition::kNone) == "none");
  CHECK(to_string(StepCondition::kRecovered) == "recovered");
  CHECK(to_string(StepCondition::kSettled) == "settled");
}

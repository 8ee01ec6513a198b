#include "harness/compare/plan_times.h"

#include <catch2/catch.hpp>

namespace harness {
namespace {

StepPlan step(const std::string& id, StepAnchor since, Nanos after, std::optional<Nanos> hold = {}) {
  StepPlan step;
  step.id = id;
  step.since = std::move(since);
  step.after = step.after_least = step.after_most = after * kSecond;
  if (hold) step.hold = *hold * kSecond;
  return step;
}

const StepAnchor kStart{StepAnchor::Kind::kStart, {}};

TEST_CASE("Steps come after what they follow") {
  Plan plan;
  plan.steps = {step("a", kStart, 5, 3), step("b", {}, 1, 2), step("c", {StepAnchor::Kind::kTaken, "a"}, 4),
                step("d", {StepAnchor::Kind::kEnded, "b"}, 1), step("e", kStart, 2)};
  const std::vector<StepTime> times = planned_times(plan);
  CHECK(times[0].begin == 5 * kSecond);
  CHECK(times[0].end == 8 * kSecond);
  CHECK(times[1].begin == 9 * kSecond);
  CHECK(times[2].begin == 9 * kSecond);
  CHECK(times[3].begin == 12 * kSecond);
  CHECK(times[4].begin == 2 * kSecond);
  CHECK(planned_end(plan) == 12 * kSecond);
  CHECK(planned_length(plan) == 15 * kSecond);
  plan.limits.time_limit = 40 * kSecond;
  CHECK(planned_length(plan) == 40 * kSecond);
}

TEST_CASE("A step that comes again lasts until its last round") {
  Plan plan;
  plan.steps = {step("a", kStart, 5, 3)};
  plan.steps[0].repeat = 3;
  CHECK(planned_end(plan) == 5 * kSecond + 3 * 3 * kSecond + 2 * 5 * kSecond);
}

TEST_CASE("Only time in which nothing is under way is taken out, and what overlaps stays so") {
  Plan plan;
  // A crash and its restart, in which "b" falls, and much later "c" and "d", which overlap.
  plan.steps = {step("a", kStart, 20), step("r", {StepAnchor::Kind::kTaken, "a"}, 10),
                step("b", kStart, 25, 2), step("c", kStart, 60, 8), step("d", kStart, 63, 1)};
  const Plan out = without_idle_time(plan, 4 * kSecond);
  CHECK(out.steps[0].after == 4 * kSecond);
  CHECK(out.steps[1].after == 10 * kSecond);
  CHECK(out.steps[2].after == 9 * kSecond);
  CHECK(out.steps[3].after == 18 * kSecond);
  CHECK(out.steps[3].after_most == out.steps[3].after);
  CHECK(out.steps[4].after == 21 * kSecond);
}

TEST_CASE("A plan that is never idle for long stays as it is") {
  Plan plan;
  plan.steps = {step("a", kStart, 3, 2), step("b", kStart, 8, 1)};
  const Plan out = without_idle_time(plan, 4 * kSecond);
  CHECK(out.steps[0].after == 3 * kSecond);
  CHECK(out.steps[1].after == 8 * kSecond);
}

}  // namespace
}  // namespace harness

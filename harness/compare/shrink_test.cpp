#include "harness/compare/shrink.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "harness/compare/plan_times.h"

namespace harness {
namespace {

Plan plan_of(std::size_t steps, std::size_t loads = 1) {
  Plan plan;
  for (std::size_t i = 1; i <= steps; ++i) {
    StepPlan step;
    step.id = "r" + std::to_string(i);
    step.name = "some-fault";
    step.after = 2 * kSecond;
    step.hold = 8 * kSecond;
    plan.steps.push_back(step);
  }
  for (std::size_t i = 1; i <= loads; ++i) {
    LoadPlan load;
    load.name = "load" + std::to_string(i);
    plan.loads.push_back(load);
  }
  plan.limits.time_limit = planned_end(plan) + 64 * kSecond;
  return plan;
}

bool has(const Plan& plan, const std::string& id) {
  return std::ranges::count(plan.steps, id, &StepPlan::id) > 0;
}

/// A schedule as it is drawn: a fault each ten seconds from the start, of two seconds; and then two seconds.
Plan drawn_plan(std::size_t steps) {
  Plan plan = plan_of(steps);
  for (std::size_t i = 0; i < steps; ++i) {
    StepPlan& step = plan.steps[i];
    step.since = {StepAnchor::Kind::kStart, {}};
    step.after = step.after_least = step.after_most = static_cast<Nanos>(i + 1) * 10 * kSecond;
    step.hold = 2 * kSecond;
  }
  plan.limits.time_limit = 0;
  return plan;
}

/// Fails as long as these steps are there, with at least so many clients, for at least so long.
struct Failing {
  std::vector<std::string> needed;
  int clients = 1;
  Nanos time = 0;
  int tries = 0;
  Nanos length = 0;  // of all loads that were tried

  ShrinkHooks hooks() {
    return {[this](const Plan& plan, const std::string&) {
              ++tries;
              length += planned_length(plan);
              return std::ranges::all_of(needed, [&](const auto& id) { return has(plan, id); }) &&
                     plan.loads.front().concurrency >= clients && plan.limits.time_limit >= time;
            },
            [](const Plan&) { return true; }, [] { return false; }};
  }
};

TEST_CASE("Of thirty steps the two that matter are left, in few tries") {
  Failing failing{{"r7", "r23"}, 3, 30 * kSecond};
  const Plan small = shrink(plan_of(30, 3), kNever, kNever, failing.hooks());
  REQUIRE(small.steps.size() == 2);
  CHECK(has(small, "r7"));
  CHECK(has(small, "r23"));
  CHECK(small.loads.size() == 1);
  CHECK(small.loads[0].concurrency == 3);
  CHECK(small.limits.time_limit >= 30 * kSecond);
  CHECK(small.limits.time_limit < 60 * kSecond);
  CHECK(*small.steps[0].hold == kSecond / 2);
  CHECK(small.steps[0].after == kSecond / 2);
  CHECK(failing.tries < 60);
  CHECK(size_text(small).starts_with("2 steps, 1 load, 3 clients, "));
}

TEST_CASE("Where no step matters none is left, and the plan says that it wants no fault") {
  Failing failing;
  const Plan small = shrink(plan_of(20), kNever, kNever, failing.hooks());
  CHECK(small.steps.empty());
  CHECK(small.limits.no_faults);
  CHECK(small.limits.time_limit == kSecond);
  CHECK(small.loads[0].concurrency == 1);
}

TEST_CASE("A plan that never fails again stays as it is") {
  ShrinkHooks hooks{[](const Plan&, const std::string&) { return false; }, [](const Plan&) { return true; },
                    [] { return false; }};
  const Plan same = shrink(drawn_plan(5), 31 * kSecond, kNever, hooks);
  CHECK(same.steps.size() == 5);
  CHECK(same.steps[4].after == 50 * kSecond);
  CHECK(same.limits.time_limit == 0);
}

TEST_CASE("Nothing later than the violation is kept where it still fails then") {
  std::vector<Plan> tried;
  ShrinkHooks hooks{[&](const Plan& plan, const std::string&) {
                      tried.push_back(plan);
                      return false;
                    },
                    [](const Plan&) { return true; }, [] { return false; }};
  shrink(drawn_plan(9), kNever, 34'500 * kMillisecond, hooks);
  REQUIRE_FALSE(tried.empty());
  CHECK(tried.front().steps.size() == 3);
  tried.clear();
  Plan without;
  without.loads.resize(1);
  without.limits.time_limit = 64 * kSecond;
  shrink(without, kNever, 4500 * kMillisecond, hooks);
  REQUIRE_FALSE(tried.empty());
  CHECK(tried.front().limits.time_limit == 6 * kSecond);
}

TEST_CASE("Steps take their time with them: of a drawn schedule each try is as short as its steps") {
  Failing failing{{"r14", "r15"}};
  const Plan small = shrink(drawn_plan(24), 246 * kSecond, 152 * kSecond, failing.hooks());
  REQUIRE(small.steps.size() == 2);
  CHECK(small.limits.time_limit == 0);
  CHECK(planned_length(small) < 12 * kSecond);
  // Fifteen steps up to the violation, and then ever fewer: less than three loads of the first plan in all.
  CHECK(failing.length < 3 * 246 * kSecond);
}

TEST_CASE("A violation that bears the time of its beginning hides nothing that takes longer") {
  Failing failing{{}, 1, 20 * kSecond};
  Plan plan = drawn_plan(4);
  plan.limits.time_limit = 60 * kSecond;
  const Plan small = shrink(plan, 60 * kSecond, kSecond, failing.hooks());
  CHECK(small.steps.empty());
  CHECK(small.limits.time_limit >= 20 * kSecond);
}

TEST_CASE("Where steps matter for their time alone, they keep it") {
  ShrinkHooks hooks{[](const Plan& plan, const std::string&) {
                      return has(plan, "r5") && plan.steps.back().after >= 50 * kSecond;
                    },
                    [](const Plan&) { return true; }, [] { return false; }};
  const Plan small = shrink(drawn_plan(6), kNever, kNever, hooks);
  CHECK(small.steps.size() == 1);
  CHECK(small.steps[0].after == 50 * kSecond);
}

TEST_CASE("Steps that begin again are tried once first, for as long as they take") {
  Plan plan = plan_of(2);
  plan.limits.repeat_steps = true;
  Failing failing{{"r1"}};
  const Plan small = shrink(plan, kNever, kNever, failing.hooks());
  CHECK_FALSE(small.limits.repeat_steps);
  CHECK(small.steps.size() == 1);
  CHECK(small.limits.time_limit == 0);
}

TEST_CASE("Plans that cannot be carried out are not tried, and a stop ends it with what there is") {
  Failing failing{{"r2"}};
  ShrinkHooks hooks = failing.hooks();
  hooks.possible = [](const Plan& plan) { return has(plan, "r1"); };
  CHECK(has(shrink(plan_of(4), kNever, kNever, hooks), "r1"));
  int asked = 0;
  hooks.stop = [&] { return ++asked > 3; };
  CHECK(shrink(plan_of(8), kNever, kNever, hooks).loads.size() == 1);
}

TEST_CASE("What heals a step goes with it, and what began after it begins after the step before") {
  Plan plan = plan_of(3);
  StepPlan heal;
  heal.id = "h";
  heal.kind = StepPlan::Kind::kHeal;
  heal.name = "r1";
  plan.steps.push_back(heal);
  plan.steps[1].since = {StepAnchor::Kind::kTaken, "r1"};
  plan.steps[2].since = {StepAnchor::Kind::kEnded, "r2"};
  const Plan out = without_steps(plan, {0});
  REQUIRE(out.steps.size() == 2);
  CHECK(out.steps[0].since.kind == StepAnchor::Kind::kPrevious);
  CHECK(out.steps[1].since.step == "r2");
}

}  // namespace
}  // namespace harness

#include "harness/compare/shrink.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

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
  plan.limits.time_limit = 64 * kSecond;
  return plan;
}

bool has(const Plan& plan, const std::string& id) {
  return std::ranges::count(plan.steps, id, &StepPlan::id) > 0;
}

/// Fails as long as these steps are there, with at least so many clients, for at least so long.
struct Failing {
  std::vector<std::string> needed;
  int clients = 1;
  Nanos time = 0;
  int tries = 0;

  ShrinkHooks hooks() {
    return {[this](const Plan& plan, const std::string&) {
              ++tries;
              return std::ranges::all_of(needed, [&](const auto& id) { return has(plan, id); }) &&
                     plan.loads.front().concurrency >= clients && plan.limits.time_limit >= time;
            },
            [](const Plan&) { return true; }, [] { return false; }};
  }
};

TEST_CASE("Of thirty steps the two that matter are left, in few tries") {
  Failing failing{{"r7", "r23"}, 3, 10 * kSecond};
  const Plan small = shrink(plan_of(30, 3), kNever, kNever, failing.hooks());
  REQUIRE(small.steps.size() == 2);
  CHECK(has(small, "r7"));
  CHECK(has(small, "r23"));
  CHECK(small.loads.size() == 1);
  CHECK(small.loads[0].concurrency == 3);
  CHECK(small.limits.time_limit == 16 * kSecond);
  CHECK(*small.steps[0].hold == kSecond / 2);
  CHECK(small.steps[0].after == kSecond / 2);
  CHECK(failing.tries < 60);
  CHECK(size_text(small) == "2 steps, 1 load, 3 clients, 16.0 s");
}

TEST_CASE("Where no step matters none is left, and the plan says that it wants no fault") {
  Failing failing;
  const Plan small = shrink(plan_of(20), kNever, kNever, failing.hooks());
  CHECK(small.steps.empty());
  CHECK(small.limits.no_faults);
  CHECK(small.limits.time_limit == kSecond);
  CHECK(small.loads[0].concurrency == 1);
}

TEST_CASE("A plan that never fails again stays as it is, but for its end") {
  ShrinkHooks hooks{[](const Plan&, const std::string&) { return false; }, [](const Plan&) { return true; },
                    [] { return false; }};
  Plan plan = plan_of(5);
  plan.limits.time_limit = 0;
  const Plan same = shrink(plan, 31 * kSecond, kNever, hooks);
  CHECK(same.steps.size() == 5);
  CHECK(same.limits.time_limit == 31 * kSecond);  // as long as it took
}

TEST_CASE("The load ends soon after the violation where it still fails then") {
  std::vector<Nanos> limits;
  ShrinkHooks hooks{[&](const Plan& plan, const std::string&) {
                      limits.push_back(plan.limits.time_limit);
                      return false;
                    },
                    [](const Plan&) { return true; }, [] { return false; }};
  shrink(plan_of(1), kNever, 4500 * kMillisecond, hooks);
  REQUIRE_FALSE(limits.empty());
  CHECK(limits.front() == 6 * kSecond);
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

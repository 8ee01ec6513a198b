#include "harness/scenario/draw.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "harness/core/check.h"
#include "harness/faults/faults.h"

using namespace harness;

namespace {

Scenario several() {
  std::string text =
      "[[load]]\nworkload = \"register\"\n[[load]]\nworkload = \"register\"\nname = \"other\"\n";
  for (const char* id : {"a", "b", "c", "d"})
    text +=
        "[[step]]\nid = \"" + std::string(id) + "\"\nfault = \"pause\"\nafter = [0, 100]\nhold = [1, 50]\n";
  return parse_scenario(text, "s.toml");
}

Scenario random_scenario(const std::string& lines) {
  return parse_scenario("[[load]]\nworkload = \"register\"\n[random]\n" + lines, "s.toml");
}

bool takes_away(const StepPlan& step) {
  const EffectKind kind = find_fault(step.name)->kind;
  return kind == EffectKind::kDown || kind == EffectKind::kStopped || kind == EffectKind::kCut;
}

}  // namespace

TEST_CASE("one seed gives one plan, another seed another") {
  for (const BundledScenario& bundled : bundled_scenarios()) {
    const Scenario scenario = load_scenario(std::string(bundled.name));
    CHECK(nlohmann::json(draw(scenario, 1)) == nlohmann::json(draw(scenario, 1)));
    const bool leaves_a_choice =
        scenario.random || std::ranges::any_of(scenario.steps, [](const ScenarioStep& step) {
          return step.plan.after_least < step.plan.after_most || step.hold_least_s < step.hold_most_s;
        });
    CHECK((nlohmann::json(draw(scenario, 1))["steps"] != nlohmann::json(draw(scenario, 2))["steps"]) ==
          leaves_a_choice);
  }
}

TEST_CASE("a step or a load left out changes no draw of any other") {
  const Scenario whole = several();
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const Plan plan = draw(whole, seed);
    for (std::size_t out = 0; out < whole.steps.size(); ++out) {
      Scenario less = whole;
      less.steps.erase(less.steps.begin() + static_cast<std::ptrdiff_t>(out));
      less.plan.loads.pop_back();
      const Plan rest = draw(less, seed);
      for (const StepPlan& step : rest.steps) {
        const auto same = std::ranges::find(plan.steps, step.id, &StepPlan::id);
        REQUIRE(same != plan.steps.end());
        CHECK(same->after == step.after);
        CHECK(same->hold == step.hold);
        CHECK(stream_of_step(plan, step.id).next() == stream_of_step(rest, step.id).next());
      }
      CHECK(stream_of_load(plan, "register").next() == stream_of_load(rest, "register").next());
    }
    CHECK(stream_of_load(plan, "register").next() != stream_of_load(plan, "other").next());
    CHECK(plan.steps[0].after != plan.steps[1].after);
  }
}

TEST_CASE("a longer node timeout lengthens what is held, and the default patience") {
  Scenario scenario = parse_scenario("[[step]]\nfault = \"pause\"\nhold = 1\nhold-timeouts = 2\n", "s.toml");
  CHECK(draw(scenario, 1).steps[0].hold == 4 * kSecond);
  CHECK(draw(scenario, 1).steps[0].patience == 30 * kSecond);
  scenario.plan.cluster.config.node_timeout_ms = 15'000;
  CHECK(draw(scenario, 1).steps[0].hold == 31 * kSecond);
  CHECK(draw(scenario, 1).steps[0].patience == 100 * kSecond);
}

TEST_CASE("a random schedule: so many faults, each crash followed by one restart") {
  const Scenario scenario = random_scenario(
      "faults = [\"kill\", \"pause\", \"partition-*\"]\ninterval = [1, 4]\nhold = [1, 5]\nat-once = 3\n"
      "count = 40\n");
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    const Plan plan = draw(scenario, seed);
    std::size_t faults = 0;
    for (std::size_t i = 0; i < plan.steps.size(); ++i) {
      const StepPlan& step = plan.steps[i];
      CHECK(step.id == "r" + std::to_string(i + 1));
      const bool restart = find_fault(step.name)->kind == EffectKind::kStart;
      faults += !restart;
      CHECK(find_fault(step.name)->heals == step.hold.has_value());
      if (find_fault(step.name)->kind != EffectKind::kDown) continue;
      REQUIRE(i + 1 < plan.steps.size());
      CHECK(find_fault(plan.steps[i + 1].name)->kind == EffectKind::kStart);
      CHECK(plan.steps[i + 1].since.step == step.id);
    }
    CHECK(faults == 40);
  }
}

TEST_CASE(
    "a random schedule: never more at once than allowed, and with the majority kept one node at a time") {
  const bool keep = GENERATE(true, false);
  const int at_once = GENERATE(1, 2, 3);
  const Scenario scenario = random_scenario(
      "faults = [\"pause\", \"partition-one\"]\ninterval = 0.5\nhold = [1, 5]\ncount = 60\nat-once = " +
      std::to_string(at_once) + "\nkeep-majority = " + (keep ? "true" : "false") + "\n");
  std::size_t most = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Plan plan = draw(scenario, seed);
    for (const StepPlan& step : plan.steps) {
      const auto in_force = std::ranges::count_if(plan.steps, [&](const StepPlan& other) {
        return takes_away(other) && other.after <= step.after && step.after < other.after + *other.hold;
      });
      most = std::max(most, static_cast<std::size_t>(in_force));
      CHECK(step.when.has_value() == keep);
    }
  }
  CHECK(most == (keep ? 1u : static_cast<std::size_t>(at_once)));
}

TEST_CASE("a random schedule ends with the time limit, and weights are followed") {
  Scenario scenario = random_scenario(
      "faults = [{ fault = \"pause\", weight = 9 }, { fault = \"partition-one\", weight = 1 }]\n"
      "interval = [1, 2]\nhold = 1\n[run]\ntime-limit = 1000\n");
  const Plan plan = draw(scenario, 5);
  CHECK(plan.steps.size() > 300);
  for (const StepPlan& step : plan.steps) CHECK(step.after < 1000 * kSecond);
  const auto pauses = std::ranges::count(plan.steps, "pause", &StepPlan::name);
  CHECK(static_cast<double>(pauses) / static_cast<double>(plan.steps.size()) == Approx(0.9).margin(0.05));
}

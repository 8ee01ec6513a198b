#include "harness/scenario/write_scenario.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "harness/scenario/draw.h"

namespace harness {
namespace {

/// As JSON, without what only a draw needs: a step that is not repeated has drawn its `after`.
nlohmann::json drawn_once(Plan plan) {
  for (StepPlan& step : plan.steps)
    if (step.repeat == 1 && step.repeat_for == 0) step.after_least = step.after_most = step.after;
  return plan;
}

Plan read_again(const Plan& plan, const std::string& text) {
  Scenario scenario = parse_scenario(text, "written.toml");
  scenario.plan.scenario = plan.scenario;
  return draw(scenario, plan.seed);
}

TEST_CASE("Every bundled scenario's plan is written as a scenario that is drawn into the same plan") {
  for (const BundledScenario& bundled : bundled_scenarios()) {
    CAPTURE(bundled.name);
    const Plan plan = draw(load_scenario(std::string(bundled.name)), 7);
    const std::string text = scenario_text(plan, "seed 7");
    CAPTURE(text);
    CHECK(drawn_once(read_again(plan, text)) == drawn_once(plan));
  }
}

TEST_CASE("Strange texts survive, comments are comments, and defaults are left out") {
  Plan plan = draw(load_scenario("failover-kill"), 1);
  plan.description = "quotes \" backslash \\ tab \t del \x7f and ä";
  plan.cluster.directives["proc-title-template"] = "{title} \"x\"";
  const std::string text = scenario_text(plan, "first line\nsecond = line");
  CHECK(text.starts_with("# first line\n# second = line\ndescription"));
  CHECK(text.find("client-groups") == std::string::npos);
  CHECK(drawn_once(read_again(plan, text)) == drawn_once(plan));
}

}  // namespace
}  // namespace harness

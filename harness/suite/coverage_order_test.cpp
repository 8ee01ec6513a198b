#include "harness/suite/coverage_order.h"

#include <catch2/catch.hpp>

using namespace harness;

TEST_CASE("what exercises a new workload comes before what repeats one") {
  const std::vector<Exercise> items = {{{"register"}, {"kill"}},        {{"register"}, {"pause"}},
                                       {{"blocking"}, {"kill"}},        {{}, {"kill"}},
                                       {{"queue", "stream"}, {"kill"}}, {{"register"}, {"kill"}}};
  CHECK(cover_first(items) == std::vector<std::size_t>{4, 1, 2, 0, 3, 5});
  CHECK(cover_first({}).empty());
}

TEST_CASE("what nothing is new of stays in its order") {
  const std::vector<Exercise> items(4);
  CHECK(cover_first(items) == std::vector<std::size_t>{0, 1, 2, 3});
}

TEST_CASE("a plan exercises each workload and fault of it once, and no command") {
  Plan plan;
  for (const char* workload : {"set", "register", "set"}) {
    plan.loads.emplace_back();
    plan.loads.back().workload = workload;
  }
  StepPlan kill;
  kill.name = "kill";
  StepPlan command;
  command.kind = StepPlan::Kind::kCommand;
  plan.steps = {kill, command, kill};
  const Exercise exercise = exercise_of(plan);
  CHECK(exercise.workloads == std::vector<std::string>{"register", "set"});
  CHECK(exercise.faults == std::vector<std::string>{"kill"});
}

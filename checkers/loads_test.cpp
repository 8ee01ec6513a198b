#include "checkers/loads.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "checkers/promises/record_builder_test.h"

using namespace harness;
using namespace harness::testing;

namespace {

/// A register load (even processes) and a set load (odd ones) on one healthy cluster.
struct TwoLoads {
  RecordBuilder b;
  TwoLoads() {
    b.observe_until(5'000);
    b.write(0, key_of(0), 1, {1'000, 1'001}, 1);
    b.read(2, key_of(0), 1, {2'000, 2'001}, 1);
    add(7, {1'000, 1'001});
  }
  void add(int element, testing::Span when) {
    b.operation(1, Function::kAdd, key_of(1), Value::integer(element), Value::integer(element), when, 2);
  }
  void read_set(std::vector<Value> elements, testing::Span when) {
    b.operation(3, Function::kRead, key_of(1), {}, b.values().list(elements), when, 2);
  }
  std::vector<CheckResult> check(const CheckOptions& options = {}) {
    RunRecord run = b.finish();
    run.plan.loads.assign(2, {});
    run.plan.loads[0].name = "values";
    run.plan.loads[0].workload = "register";
    run.plan.loads[1].name = "members";
    run.plan.loads[1].workload = "set";
    return check_loads(run, options);
  }
};

}  // namespace

TEST_CASE("each load is judged apart, by its own object and under its own name") {
  TwoLoads scene;
  scene.read_set({Value::integer(7)}, {2'000, 2'001});
  const auto results = scene.check();
  REQUIRE(results.size() == 2);
  CHECK(results[0].name == "values");
  CHECK(results[0].valid == Validity::kValid);
  CHECK(results[0].operations == 2);
  CHECK(results[1].name == "members");
  CHECK(results[1].valid == Validity::kValid);
  CHECK(results[1].operations == 2);
}

TEST_CASE("an acknowledged add that a later read misses accuses its own load alone") {
  TwoLoads scene;
  scene.read_set({}, {2'000, 2'001});
  const auto results = scene.check();
  CHECK(results.at(0).valid == Validity::kValid);
  CHECK(results.at(1).valid == Validity::kInvalid);
  CHECK(results.at(1).anomalies.at(0).type == "not-linearizable-in-term");
  CHECK(results.at(1).anomalies.at(0).operations.size() == 2);
}

TEST_CASE("a model that was stopped leaves its doubt beside the violations of the documented verdict") {
  CheckOptions options;
  options.strict = true;
  options.budget.cancelled = [] { return true; };
  TwoLoads fine;
  fine.read_set({Value::integer(7)}, {2'000, 2'001});
  const auto unknown = fine.check(options);
  REQUIRE(unknown.at(1).valid == Validity::kUnknown);
  TwoLoads scene;
  scene.read_set({}, {2'000, 2'001});
  const auto results = scene.check(options);
  CHECK(results.at(1).valid == Validity::kInvalid);
  CHECK(results.at(1).doubtful);
  CHECK(results.at(1).truncated == unknown.at(1).truncated);
}

TEST_CASE("a transfer that the documented verdict allows to be lost is a violation under strict") {
  FailoverRun scene;
  RecordBuilder& b = scene.b;
  const std::string bank = key_of(0, 50);
  const auto list = [&](std::vector<Value> parts) { return b.values().list(parts); };
  const auto number = [](std::int64_t n) { return Value::integer(n); };
  const auto transfer = [&](std::int64_t state, testing::Span when, int node) {
    b.operation(901, Function::kTransfer, bank, list({number(0), number(1), number(5)}),
                list({number(0), number(1), number(5), number(100 - 5 * state), number(100 + 5 * state),
                      number(state)}),
                when, node);
  };
  const auto read = [&](std::int64_t state, testing::Span when, int node) {
    b.operation(901, Function::kRead, bank, {},
                list({list({number(0), number(100 - 5 * state)}), list({number(1), number(100 + 5 * state)}),
                      list({number(state)})}),
                when, node);
  };
  transfer(1, {5'000, 5'001}, 1);
  transfer(2, {9'998, 9'999}, 1);  // in the master's last moments
  read(1, {13'000, 13'001}, 4);
  RunRecord run = b.finish();
  std::erase_if(run.history.operations, [](const Operation& op) { return op.process != 901; });
  run.plan.loads.resize(1);
  run.plan.loads[0].name = run.plan.loads[0].workload = "bank";
  const CheckResult documented = check_loads(run, {}).at(0);
  INFO(documented.explanation);
  CHECK(documented.valid == Validity::kValid);
  CHECK(documented.allowed == 1);
  CheckOptions options;
  options.strict = true;
  const CheckResult strict = check_loads(run, options).at(0);
  CHECK(strict.valid == Validity::kInvalid);
  REQUIRE(strict.violations == 1);
  CHECK(std::ranges::count(strict.anomalies, "not-linearizable", &Anomaly::type) == 1);
}

TEST_CASE(
    "a load's row begins with its violations, and says that no loss was seen only where there is none") {
  FailoverRun scene;
  const Value told[] = {Value::integer(7), scene.b.values().text("get types:o7: x, not v7")};
  scene.b.operation(10, Function::kWrite, key_of(1, 1), Value::integer(7), scene.b.values().list(told),
                    {3'000, 3'001}, 2);
  const auto words = [](RunRecord run) {
    std::erase_if(run.history.operations, [](const Operation& op) { return op.process != 10; });
    run.plan.loads.resize(1);
    run.plan.loads[0].name = run.plan.loads[0].workload = "types";
    return check_loads(run, {}).at(0).explanation;
  };
  RunRecord run = scene.finish();
  CHECK_THAT(words(run), Catch::StartsWith("1 violation, first: "));
  CHECK_THAT(words(run), !Catch::Contains("No acknowledged write"));
  for (Operation& op : run.history.operations)
    if (op.process == 10) op.result = Value::integer(7);
  CHECK_THAT(words(run), Catch::StartsWith("No acknowledged write was seen to be lost."));
}

#include "harness/run/early_end.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>

#include "harness/cluster/test_support.h"
#include "harness/core/check.h"
#include "harness/core/ended_early.h"
#include "harness/core/wait.h"
#include "harness/run/execute.h"
#include "harness/run/load_set.h"
#include "harness/run/recorder.h"
#include "workloads/workloads.h"

using namespace harness;
using namespace std::chrono_literals;
using Catch::Contains;

namespace {

/// A run under way: a store without an end, a recorder that goes on.
struct UnderWay {
  UnderWay() : files{folder.path}, recorder(files.history(), clock) {
    RunRecord run;
    run.info.id = "under-way";
    run.nodes.resize(1);
    save_run(files, run);
    save_plan(files, {});
  }
  void write(std::int64_t value) {
    Operation op;
    op.function = Function::kWrite;
    op.key = recorder.key("k");
    op.argument = Value::integer(value);
    recorder.invoke(op);
    op.outcome = Outcome::kOk;
    recorder.complete(op);
  }
  /// What was told, once it is.
  std::string told() {
    std::string what;
    wait_until("word from the judging", 30s, [&] {
      const std::lock_guard lock(mutex);
      return !(what = text).empty();
    });
    return what;
  }
  std::function<void(const std::string&)> listener() {
    return [this](const std::string& what) {
      const std::lock_guard lock(mutex);
      text += what;
    };
  }

  ScratchFolder folder;
  RunFiles files;
  RunClock clock;
  Recorder recorder;
  std::mutex mutex;
  std::string text;  // guarded by mutex
};

/// A slow load of registers on masters alone; the run ends at a violation.
Plan registers_until_a_violation() {
  Plan plan;
  plan.scenario = "s";
  plan.cluster.config.replicas = 0;
  LoadPlan& load = plan.loads.emplace_back();
  load.name = load.workload = "register";
  load.rate = 200;
  load.options = load_options(*find_workload("register"), nlohmann::json::object(), "test");
  plan.limits.stop_at_violation = true;
  return plan;
}

}  // namespace

TEST_CASE("a run under way is judged as far as all journals have told, until a violation is found") {
  UnderWay run;
  run.write(1);
  std::atomic<int> judged = 0;
  std::atomic<Nanos> newest = 0;
  const JudgeSoFar judge = [&](const RunRecord& record, const RunFiles&) -> std::string {
    ++judged;
    CHECK(record.info.interrupted);  // what it did not come to see proves nothing
    if (record.history.operations.empty()) return {};
    newest = run.clock.now() - record.history.operations.back().invoked;
    return "register: a lost write";
  };
  const EarlyEnd early_end(run.files, run.clock, judge, run.listener());
  CHECK(run.told() == "ended early: register: a lost write");
  CHECK(early_end.violated());
  CHECK(early_end.violation() == "register: a lost write");
  CHECK(judged > 1);  // at first the write was too new
  CHECK(newest >= 2 * kSecond);
}

TEST_CASE("what cannot be judged while it grows is told once, and the run goes on") {
  UnderWay run;
  run.write(1);
  {
    const EarlyEnd too_large(
        run.files, run.clock, [](const RunRecord&, const RunFiles&) { return "a violation"; }, run.listener(),
        10);
    CHECK_THAT(run.told(), Contains("too large"));
    CHECK_FALSE(too_large.violated());
  }
  run.text.clear();
  const JudgeSoFar judge = [](const RunRecord&, const RunFiles&) -> std::string {
    throw EnvironmentError("no memory");
  };
  const EarlyEnd failing(run.files, run.clock, judge, run.listener());
  CHECK_THAT(run.told(), Contains("no memory"));
  CHECK_FALSE(failing.violated());
}

TEST_CASE("of a run that a violation ended, the store says by which, and which steps it left out") {
  const ScratchFolder folder;
  const RunFiles files = create_run_directory(folder.path, "s", 1);
  Plan plan = registers_until_a_violation();
  StepPlan& step = plan.steps.emplace_back();
  step.id = "late";
  step.kind = StepPlan::Kind::kCommand;
  step.command = {"PING"};
  step.target = "n1";
  step.after = 600 * kSecond;
  ExecuteOptions options;
  options.find_workload = find_workload;
  options.mode = SandboxMode::kLoopback;
  options.judge_so_far = [](const RunRecord& record, const RunFiles&) {
    return std::string(record.history.operations.empty() ? "" : "register: a lost write");
  };
  Progress silent(ProgressStyle::kNone);
  CHECK(execute(plan, files, options, silent).error == "");
  const RunRecord record = load_run(files);
  CHECK(record.info.ended_early == "register: a lost write");
  CHECK(steps_left_out(record) == std::vector<std::string>{"late"});
}

TEST_CASE("the load does not go on for as long as a judgement is under way") {
  const ScratchFolder folder;
  const RunFiles files = create_run_directory(folder.path, "s", 1);
  Plan plan = registers_until_a_violation();
  plan.limits.time_limit = 3 * kSecond;
  plan.limits.tail = 0;
  const std::filesystem::path went_on = files.directory / "went-on";
  ExecuteOptions options;
  options.find_workload = find_workload;
  options.mode = SandboxMode::kLoopback;
  options.judge_so_far = [&](const RunRecord&, const RunFiles&) {
    std::size_t before = 0;
    const auto stands = [&] {
      const std::size_t now = load_run(files).history.operations.size();
      return std::exchange(before, now) == now;
    };
    if (!wait_for(20s, stands, 700ms)) std::ofstream(went_on) << "on";
    return std::string();
  };
  Progress silent(ProgressStyle::kNone);
  const Execution execution = execute(plan, files, options, silent);
  CHECK(execution.error == "");
  CHECK(load_run(files).history.operations.size() > 100);
  CHECK_FALSE(std::filesystem::exists(went_on));
}

#include "harness/run/early_end.h"

#include <catch2/catch.hpp>

#include "harness/cluster/test_support.h"
#include "harness/core/check.h"
#include "harness/core/wait.h"
#include "harness/run/recorder.h"

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

}  // namespace

TEST_CASE("a run under way is judged as far as all journals have told, until a violation is found") {
  UnderWay run;
  run.write(1);
  std::atomic<int> judged = 0;
  std::atomic<Nanos> newest = 0;
  const JudgeSoFar judge = [&](const RunRecord& record) -> std::string {
    ++judged;
    CHECK(record.info.interrupted);  // what it did not come to see proves nothing
    if (record.history.operations.empty()) return {};
    newest = run.clock.now() - record.history.operations.back().invoked;
    return "register: a lost write";
  };
  const EarlyEnd early_end(run.files, run.clock, judge, run.listener());
  CHECK(run.told() == "ended early: register: a lost write");
  CHECK(early_end.violated());
  CHECK(judged > 1);  // at first the write was too new
  CHECK(newest >= 2 * kSecond);
}

TEST_CASE("what cannot be judged while it grows is told once, and the run goes on") {
  UnderWay run;
  run.write(1);
  {
    const EarlyEnd too_large(
        run.files, run.clock, [](const RunRecord&) { return "a violation"; }, run.listener(), 10);
    CHECK_THAT(run.told(), Contains("too large"));
    CHECK_FALSE(too_large.violated());
  }
  run.text.clear();
  const JudgeSoFar judge = [](const RunRecord&) -> std::string { throw EnvironmentError("no memory"); };
  const EarlyEnd failing(run.files, run.clock, judge, run.listener());
  CHECK_THAT(run.told(), Contains("no memory"));
  CHECK_FALSE(failing.violated());
}

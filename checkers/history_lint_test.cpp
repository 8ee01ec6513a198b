// "history-lint": histories that only a mistaken client can have recorded.
#include "checkers/history_lint.h"

#include <catch2/catch.hpp>

#include "checkers/promises/findings_test.h"
#include "checkers/promises/record_builder_test.h"

using namespace harness;
using namespace harness::testing;

namespace {

RunRecord sound() {
  RecordBuilder b;
  b.observe_until(3'000);
  b.write(1, key_of(0), 1, {100, 101}, 1);
  b.write(1, key_of(0), 2, {110, 111}, 1);
  b.read(2, key_of(0), 2, {120, 121}, 1);
  b.end(2'000, 2'100, 2'500);
  return b.finish();
}

CheckResult lint(const RunRecord& run) {
  return check_history_lint(run, {});
}

}  // namespace

TEST_CASE("a sound history is not suspect, and an empty one is not judged") {
  const RunRecord run = sound();
  CHECK(lint(run).valid == Validity::kValid);
  RunRecord empty = run;
  empty.history.operations.clear();
  CHECK(lint(empty).valid == Validity::kNotApplicable);
}

TEST_CASE("a value whose only writer failed and that was read makes the client suspect") {
  RunRecord run = sound();
  run.plan.loads.assign(1, {});
  run.plan.loads[0].name = run.plan.loads[0].workload = "register";
  run.history.operations[1].outcome = Outcome::kFail;
  const CheckResult found = lint(run);
  CHECK(found.valid == Validity::kUnknown);
  CHECK(found.violations == 0);
  CHECK(measured(found, "failed_writes_read") == 1);
  CHECK(found.explanation.find("failed") != std::string::npos);
  // Another write of the same value that may have taken effect explains it.
  Operation other = run.history.operations[1];
  other.process = 7;
  other.outcome = Outcome::kInfo;
  run.history.operations.insert(run.history.operations.begin(), other);
  CHECK(lint(run).valid == Validity::kValid);
}

TEST_CASE("a process that does two things at once, or goes on after it ended, is suspect") {
  RunRecord twice = sound();
  twice.history.operations[1].invoked = twice.history.operations[0].completed - 1;
  CHECK(lint(twice).valid == Validity::kUnknown);
  CHECK(measured(lint(twice), "processes_at_odds") == 1);
  RunRecord ended = sound();
  ended.history.operations[0].outcome = Outcome::kInfo;
  CHECK(lint(ended).valid == Validity::kUnknown);
  RunRecord nobody = sound();
  nobody.history.operations[2].node = kNoNode;
  CHECK(lint(nobody).valid == Validity::kUnknown);
  CHECK(measured(lint(nobody), "answers_without_node") == 1);
  // A process that only waits asks nobody.
  nobody.history.operations[2].function = Function::kOther;
  CHECK(lint(nobody).valid == Validity::kValid);
}

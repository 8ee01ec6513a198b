// The journal: cut at any byte it still tells what had ended, and the suite goes on.
#include "harness/suite/suite_store.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <stdexcept>

#include "harness/core/check.h"
#include "harness/run/store.h"
#include "harness/suite/schedule.h"
#include "harness/suite/suite_samples_test.h"

using namespace harness;
using namespace harness::test;

namespace {

struct Scratch {
  Scratch() {
    char name[] = "/tmp/harness-suite-XXXXXX";
    if (::mkdtemp(name) == nullptr) throw std::runtime_error("mkdtemp");
    path = name;
  }
  ~Scratch() { std::filesystem::remove_all(path); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  std::filesystem::path path;
};

/// The journal of a whole suite, as it is written.
std::string journal_of(const Matrix& matrix, const Scratch& scratch) {
  const SuiteFiles files = create_suite_directory(scratch.path, matrix);
  SuiteJournal journal(files);
  journal.begin_session(500);
  journal.skip({"z", "X", "no clock faults here"});
  for (const RunOutcome& outcome : log_of(matrix, {1}).outcomes) {
    journal.start(outcome.task, 0, 1, outcome.ended_unix_ms - 100);
    journal.end(outcome);
  }
  journal.finish(9000);
  return read_file(files.journal());
}

}  // namespace

TEST_CASE("a journal cut at any byte tells what had ended by then, and the rest is done again") {
  const Matrix matrix = matrix_of(2, 2, 1);
  const Scratch scratch;
  const std::string whole = journal_of(matrix, scratch);
  const SuiteFiles files = create_suite_directory(scratch.path, matrix);
  std::size_t ended_before = 0;
  for (std::size_t cut = 0; cut <= whole.size(); ++cut) {
    CAPTURE(cut);
    std::ofstream(files.journal(), std::ios::trunc) << whole.substr(0, cut);
    const SuiteLog log = load_suite_log(files);
    REQUIRE(log.outcomes.size() >= ended_before);
    ended_before = log.outcomes.size();
    Schedule schedule(matrix, log);
    REQUIRE(log.outcomes.size() + schedule.fresh().size() == 4);
    REQUIRE(log.finished == (cut == whole.size()));
    {
      SuiteJournal journal(files);  // cuts the half line off, so that the next one stands alone
      journal.begin_session(20'000);
    }
    REQUIRE(load_suite_log(files).outcomes.size() == log.outcomes.size());
    REQUIRE(("\n" + read_file(files.journal())).ends_with("\n{\"at\":20000,\"event\":\"session\"}\n"));
  }
  CHECK(ended_before == 4);
}

TEST_CASE("a line that cannot be understood costs its run alone") {
  std::size_t whole_bytes = 0;
  const Matrix matrix = matrix_of(2, 1, 1);
  const Scratch scratch;
  std::string text = journal_of(matrix, scratch);
  text.insert(text.find("{\"event\":\"ended\""), "garbage\n{\"event\":\"ended\",\"outcome\":{}}\n[]\n");
  const SuiteLog log = parse_suite_log(text, whole_bytes);
  CHECK(log.outcomes.size() == 2);
  CHECK(log.skipped.size() == 1);
  CHECK(log.skipped[0].why == "no clock faults here");
  CHECK(whole_bytes == text.size());
}

TEST_CASE("time is counted within sessions, not between them") {
  const Matrix matrix = matrix_of(2, 1, 1);
  const Scratch scratch;
  const SuiteFiles files = create_suite_directory(scratch.path, matrix);
  const auto outcomes = log_of(matrix).outcomes;
  {
    SuiteJournal journal(files);
    journal.begin_session(1);
    journal.end(outcomes[0]);  // at 1 s
  }
  {
    SuiteJournal journal(files);
    journal.begin_session(1'000'000);
    journal.finish(1'002'500);
  }
  CHECK(load_suite_log(files).seconds == 3.499);
}

TEST_CASE("the newest unfinished suite of the name and shard is the one that goes on") {
  const Scratch scratch;
  Matrix matrix = matrix_of(1, 1, 1);
  CHECK_FALSE(find_unfinished(scratch.path, "night", {}, {}));
  const SuiteFiles done = create_suite_directory(scratch.path, matrix);
  SuiteJournal(done).finish(1);
  CHECK_FALSE(find_unfinished(scratch.path, "night", {}, {}));
  const SuiteFiles open = create_suite_directory(scratch.path, matrix);
  CHECK(open.directory != done.directory);
  CHECK(find_unfinished(scratch.path, "night", {}, {})->directory == open.directory);
  CHECK_FALSE(find_unfinished(scratch.path, "day", {}, {}));
  CHECK(find_unfinished(scratch.path, "night", {}, matrix.seed)->directory == open.directory);
  CHECK_FALSE(find_unfinished(scratch.path, "night", {}, matrix.seed + 1));
  CHECK_FALSE(find_unfinished(scratch.path, "night", {1, 2}, {}));
  CHECK(find_previous(scratch.path, matrix, open)->directory == done.directory);
  CHECK_THROWS_AS(load_matrix(SuiteFiles{scratch.path}), UsageError);
}

TEST_CASE("what was shrunk is in the journal, and a suite that runs is locked") {
  const Scratch folder;
  const Matrix matrix = matrix_of(1, 1, 1);
  const SuiteFiles files = create_suite_directory(folder.path, matrix);
  {
    const SuiteLock lock(files);
    CHECK_THROWS_WITH(SuiteLock(files), Catch::Contains("another process is running the suite"));
  }
  const SuiteLock again(files);  // let go of
  SuiteJournal(files).shrink({"runs/1/x", 24, 3, 2, 3, "runs/1/x/shrunk.toml", "", 61.5}, 1000);
  const SuiteLog log = load_suite_log(files);
  REQUIRE(log.shrunk.size() == 1);
  CHECK(log.shrunk[0].store == "runs/1/x");
  CHECK(log.shrunk[0].steps_before == 24);
  CHECK(log.shrunk[0].steps == 3);
  CHECK(log.shrunk[0].seconds == 61.5);
  CHECK(log.bad_lines == 0);
}

// "logs": crashes, assertions and exits that nobody asked for.
#include "checkers/promises/logs.h"

#include <catch2/catch.hpp>
#include <csignal>

#include "checkers/promises/falsified_run_test.h"
#include "checkers/promises/findings_test.h"

using namespace harness;
using namespace harness::testing;

TEST_CASE("logs") {
  RunRecord run = healthy();
  SECTION("good: the crash was asked for") {
    const CheckResult result = check_logs(run, {});
    INFO(result.explanation);
    CHECK(result.valid == Validity::kValid);
    CHECK(measured(result, "expected_crashes") == 1);
  }
  SECTION("bad: a crash on another node, an assertion, a sanitizer report") {
    add_line(run, 2, 15'000, "=== REDIS BUG REPORT START: Cut & paste starting from here ===");
    CHECK(violates(check_logs(run, {}), "crash"));
    add_line(run, 2, 15'001, "=== ASSERTION FAILED ===");
    CHECK(violates(check_logs(run, {}), "assertion-failed"));
    add_line(run, 3, 15'002, "==12==ERROR: AddressSanitizer: heap-use-after-free on address 0x6020");
    const CheckResult result = check_logs(run, {});
    CHECK(violates(result, "sanitizer"));
    CHECK(result.violations == 2);  // the lines of one report are one crash
  }
  SECTION("bad: a crash report is told by what it asserted") {
    LogLine line;
    line.node = 1;
    line.text = "=== REDIS BUG REPORT START: Cut & paste starting from here ===";
    run.logs.push_back(line);
    add_line(run, 2, 15'001, "=== ASSERTION FAILED ===");
    add_line(run, 2, 15'001, "==> cluster.c:4580 'myself->numslots == 0' is not true");
    const CheckResult result = check_logs(run, {});
    CHECK(result.violations == 1);
    CHECK(violates(result, "assertion-failed"));
    CHECK(result.explanation.find("numslots == 0") != std::string::npos);
  }
  SECTION("good: the report's first line has no pid, and the time of the line before") {
    LogLine line;
    line.node = 0;
    line.time = -3 * kSecond;
    line.text = "=== REDIS BUG REPORT START: Cut & paste starting from here ===";
    run.logs.insert(run.logs.begin(), line);
    CHECK(check_logs(run, {}).valid == Validity::kValid);
    run.logs.front().node = 2;
    const CheckResult result = check_logs(run, {});
    CHECK(violates(result, "crash"));
    CHECK(result.explanation.find("logged at about -3.000 s") != std::string::npos);
  }
  SECTION("bad: a replica reads what is no command, or none that it can carry out") {
    const char* line = GENERATE(
        "WARNING: Receiving inline protocol from primary, primary stream corruption? Closing the connection",
        "Protocol error (Desync?) from client: id=7 addr=10.77.0.2:6379 name= age=6 flags=M db=0",
        "== CRITICAL == This replica is sending an error to its master: '-ERR index out of range' after "
        "processing the command 'exec'");
    add_line(run, 5, 15'000, line);
    CHECK(violates(check_logs(run, {}), "corrupt-stream"));
    Effect removed;
    removed.kind = EffectKind::kData;
    run.faults.front().effects.push_back(removed);
    CHECK(check_logs(run, {}).valid == Validity::kValid);
  }
  SECTION("good: a client that is no master errs") {
    add_line(run, 5, 15'000, "Protocol error (invalid bulk length) from client: id=7 name= flags=N db=0");
    CHECK(check_logs(run, {}).valid == Validity::kValid);
  }
  SECTION("bad: the restarted process crashed again, by itself") {
    add_line(run, 1, 18'000, "Redis 7.0.15 crashed by signal: 11, si_code: 1");
    CHECK(violates(check_logs(run, {}), "crash"));
  }
  SECTION("bad: an assertion within the crash that was asked for") {
    add_line(run, 1, 9'990, "=== ASSERTION FAILED ===");
    CHECK(violates(check_logs(run, {}), "assertion-failed"));
  }
  SECTION("bad: a process ended by itself") {
    run.incarnations[2].ended = 15 * kSecond;
    run.incarnations[2].exit_code = 1;
    const CheckResult result = check_logs(run, {});
    CHECK(violates(result, "unexpected-exit"));
    CHECK(result.explanation.find("exit code 1") != std::string::npos);
  }
  SECTION("bad: it crashed where it was only asked to end, or the disk refused its writes") {
    Effect& effect = run.faults.front().effects.front();
    effect.excuses.log_lines.clear();
    std::erase_if(run.logs, [](const LogLine& line) { return line.node == 0; });
    add_line(run, 0, 1, "a healthy line");
    CHECK(violates(check_logs(run, {}), "unexpected-exit"));
    effect.kind = EffectKind::kDisk;
    for (Incarnation& life : run.incarnations)
      if (life.signal != 0) {
        life.expected = false;
        life.signal = SIGKILL;  // no disk does that
      }
    CHECK(violates(check_logs(run, {}), "unexpected-exit"));
    for (Incarnation& life : run.incarnations)
      if (life.signal != 0) {
        life.signal = 0;
        life.exit_code = 1;
      }
    CHECK_FALSE(violates(check_logs(run, {}), "unexpected-exit"));
  }
  SECTION("no evidence") {
    std::erase_if(run.logs, [](const LogLine& line) { return line.node == 4; });
    CHECK(check_logs(run, {}).valid == Validity::kUnknown);
  }
}

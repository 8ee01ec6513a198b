#include "harness/run/recorder.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <fstream>
#include <thread>

#include "harness/core/check.h"
#include "harness/run/store.h"

using namespace harness;

namespace {

struct TemporaryDirectory {
  TemporaryDirectory() {
    char name[] = "/tmp/harness-recorder-XXXXXX";
    path = ::mkdtemp(name);
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path); }
  std::filesystem::path path;
};

Operation write_of(std::int32_t process, std::uint32_t key, std::int64_t value) {
  Operation op;
  op.process = process;
  op.key = key;
  op.function = Function::kWrite;
  op.argument = Value::integer(value);
  return op;
}

}  // namespace

TEST_CASE("what is recorded reads back, from several threads, in order of time") {
  const TemporaryDirectory directory;
  const RunFiles files{directory.path};
  const RunClock clock;
  constexpr int kThreads = 4;
  constexpr int kOperations = 5000;
  {
    Recorder recorder(files.history(), clock);
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        const std::uint32_t key = recorder.key("k" + std::to_string(t));
        for (int i = 0; i < kOperations; ++i) {
          Operation op = write_of(t, key, i);
          recorder.invoke(op);
          op.outcome = i % 7 == 0 ? Outcome::kFail : Outcome::kOk;
          op.result = op.argument;
          if (op.outcome == Outcome::kFail) op.error = recorder.error("refused");
          recorder.complete(op);
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(recorder.events() == 2 * kThreads * kOperations);
  }
  const History history = load_history(files);
  REQUIRE(history.operations.size() == kThreads * kOperations);
  std::size_t failed = 0;
  for (const Operation& op : history.operations) {
    CHECK(op.completed >= op.invoked);
    CHECK(history.key_text(op) == "k" + std::to_string(op.process));
    failed += op.outcome == Outcome::kFail && history.error_text(op) == "refused";
  }
  CHECK(failed == kThreads * ((kOperations + 6) / 7));
}

TEST_CASE("a recorder killed in the middle leaves all that it recorded") {
  const TemporaryDirectory directory;
  const RunFiles files{directory.path};
  int ready[2];
  REQUIRE(::pipe(ready) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const RunClock clock;
    Recorder recorder(files.history(), clock);
    const std::uint32_t key = recorder.key("k");
    for (int i = 0;; ++i) {
      Operation op = write_of(1, key, i);
      recorder.invoke(op);
      op.outcome = Outcome::kOk;
      op.result = op.argument;
      recorder.complete(op);
      if (i == 1000 && ::write(ready[1], "x", 1) != 1) ::_exit(1);
    }
  }
  char byte;
  REQUIRE(::read(ready[0], &byte, 1) == 1);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  const History history = load_history(files);
  CHECK(history.operations.size() > 1000);
}

TEST_CASE("a full disk is an error with the mend, and what was recorded stays") {
  const TemporaryDirectory directory;
  const RunFiles files{directory.path};
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    // A limit on file sizes stands for the full disk: posix_fallocate fails in the same way.
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{12U << 20, 12U << 20};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const RunClock clock;
    Recorder recorder(files.history(), clock);
    const std::uint32_t key = recorder.key("k");
    try {
      for (int i = 0; i < 10'000'000; ++i) {
        Operation op = write_of(i, key, i);
        recorder.invoke(op);
      }
    } catch (const EnvironmentError& error) {
      ::_exit(std::string(error.what()).find("ulimit -f") != std::string::npos ? 42 : 1);
    }
    ::_exit(2);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 42);
  CHECK(load_history(files).operations.size() > 100'000);
}

TEST_CASE("a place that cannot be written is an error with the mend") {
  const RunClock clock;
  try {
    Recorder recorder("/nonexistent/history.journal", clock);
    FAIL("no error");
  } catch (const EnvironmentError& error) {
    CHECK_THAT(error.what(), Catch::Contains("/nonexistent/history.journal") && Catch::Contains("--store"));
  }
}

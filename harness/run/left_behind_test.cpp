#include "harness/run/left_behind.h"

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <stdexcept>

#include "harness/core/exit_code.h"

using namespace harness;

namespace {

/// How a process of its own ends that is hit by the signal in the midst of its work.
int end_by(int signal) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const bool done = done_uninterrupted([signal] {
      ::kill(::getpid(), signal);
      for (;;) ::pause();
    });
    ::_exit(end_process(done ? kExitPass : kExitInterrupted));
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return status;
}

}  // namespace

TEST_CASE("work that can be done again is left behind when a signal comes") {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    const int status = end_by(signal);
    REQUIRE(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == kExitInterrupted);
  }
}

TEST_CASE("uninterrupted work is done, throws what it throws, and leaves signals as they were") {
  struct sigaction before {
  }, after{};
  ::sigaction(SIGTERM, nullptr, &before);
  int sum = 0;
  CHECK(done_uninterrupted([&sum] { sum = 3; }));
  CHECK(sum == 3);
  CHECK_THROWS_AS(done_uninterrupted([] { throw std::runtime_error("no"); }), std::runtime_error);
  ::sigaction(SIGTERM, nullptr, &after);
  CHECK(after.sa_handler == before.sa_handler);
}

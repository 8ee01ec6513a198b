#include "harness/run/limits.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <functional>

#include "harness/core/check.h"

using namespace harness;

namespace {

Plan default_plan() {
  Plan plan;
  plan.cluster.config.masters = 3;
  plan.cluster.replicas_of = {1, 1, 1};
  LoadPlan load;
  load.concurrency = 24;
  load.client_groups = 2;
  plan.loads = {load};
  return plan;
}

/// Limits stay lowered: so they are tried in a process of their own. True: `holds` returned so.
bool in_own_process(const std::function<bool()>& holds) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) ::_exit(holds() ? 0 : 1);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

std::string refusal(__rlimit_resource resource, rlim_t soft, rlim_t hard) {
  const rlimit limit{soft, hard};
  if (::setrlimit(resource, &limit) != 0) return "the limit cannot be set";
  try {
    require_limits(default_plan());
    return "";
  } catch (const EnvironmentError& error) {
    return error.what();
  }
}

}  // namespace

TEST_CASE("what a run takes grows with its nodes and clients") {
  const Plan small = default_plan();
  Plan more = small;
  more.loads[0].concurrency = 300;
  CHECK(open_files_of(small) >= 120);  // as measured
  CHECK(open_files_of(more) >= 932);
  more.cluster.spare = 10;
  CHECK(open_files_of(more) > open_files_of(small));
  CHECK(address_space_of(more) > address_space_of(small));
}

TEST_CASE("a limit that is too low is refused before the run, with what would do") {
  CHECK(
      in_own_process([] { return refusal(RLIMIT_NOFILE, 64, 64).find("ulimit -Hn") != std::string::npos; }));
  CHECK(in_own_process(
      [] { return refusal(RLIMIT_AS, 800'000'000, 800'000'000).find("ulimit -v") != std::string::npos; }));
}

TEST_CASE("a soft limit of open files is raised as far as the run needs") {
  CHECK(in_own_process([] {
    rlimit now{};
    return refusal(RLIMIT_NOFILE, 64, 256).empty() && ::getrlimit(RLIMIT_NOFILE, &now) == 0 &&
           now.rlim_cur == open_files_of(default_plan());
  }));
}

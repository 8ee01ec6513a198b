#include "harness/doctor/examination.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <functional>

#include "harness/core/check.h"
#include "harness/sandbox/capture.h"
#include "harness/sandbox/sandbox.h"

namespace harness {
namespace {

const Finding& named(const std::vector<Finding>& findings, const std::string& name) {
  const auto found = std::find_if(findings.begin(), findings.end(),
                                  [&](const Finding& finding) { return finding.name == name; });
  REQUIRE(found != findings.end());
  return *found;
}

// Exit code of a test in a process of its own, so that what it changes about itself goes with it.
int in_own_process(const std::function<bool()>& holds) {
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(holds() ? 0 : 1);
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WEXITSTATUS(status);
}

struct Path {
  std::string before = ::getenv("PATH");
  explicit Path(const char* path) { ::setenv("PATH", path, 1); }
  ~Path() { ::setenv("PATH", before.c_str(), 1); }
};

TEST_CASE("whatever is not ok comes with a mend, whatever is ok without") {
  for (const auto& finding : examine_machine("store")) {
    INFO(finding.name);
    CHECK_FALSE(finding.detail.empty());
    CHECK(finding.mend.empty() == (finding.status == FindingStatus::kOk));
  }
}

TEST_CASE("this machine's programs are found with their versions") {
  const auto findings = examine_programs();
  CHECK(named(findings, "redis-server").status == FindingStatus::kOk);
  CHECK_THAT(named(findings, "redis-server").detail, Catch::Matches("on PATH, [0-9]+\\.[0-9]+\\.[0-9]+"));
  CHECK(named(findings, "compiler").status == FindingStatus::kOk);
}

TEST_CASE("without programs the redis-server is what blocks") {
  const Path nowhere("/nowhere");
  const auto findings = examine_programs();
  CHECK_FALSE(is_ready(findings));
  for (const auto& finding : findings) {
    INFO(finding.name);
    CHECK(finding.status ==
          (finding.name == "redis-server" ? FindingStatus::kBlocking : FindingStatus::kLimited));
  }
  CHECK_THAT(named(findings, "redis-server").mend, Catch::Contains("apt-get install redis-server"));
  CHECK_THAT(named(findings, "graphviz").mend, Catch::Contains("apt-get install graphviz"));
}

TEST_CASE("an unwritable store and a low limit of open files block") {
  CHECK(named(examine_resources("/proc/store"), "store").status == FindingStatus::kBlocking);
  CHECK(named(examine_resources("/no/such/folder/yet"), "store").detail.ends_with(" in /") ==
        (::geteuid() == 0));
  CHECK(in_own_process([] {
          const rlimit few{64, 64};
          ::setrlimit(RLIMIT_NOFILE, &few);
          return !is_ready(examine_resources("."));
        }) == 0);
  CHECK(in_own_process([] {
          const rlimit little{800'000'000, 800'000'000};
          ::setrlimit(RLIMIT_AS, &little);
          return named(examine_resources("."), "address space").status == FindingStatus::kBlocking;
        }) == 0);
}

TEST_CASE("without user namespaces the doctor says how to allow them, and a run is still possible") {
  const SandboxSupport here = probe_sandbox();
  if (!here.user_namespace_error.empty()) {
    WARN("SKIPPED, no namespaces here: " << here.user_namespace_error);
    return;
  }
  // The limit belongs to the user namespace, so that inside one it can be tried without touching the
  // machine's.
  const int code = run_in_sandbox(SandboxMode::kUserNamespace, [] {
    std::ofstream("/proc/sys/user/max_user_namespaces") << 0 << std::flush;
    for (const auto& finding : examine_sandbox())
      if (finding.name == "user namespace")
        return finding.status == FindingStatus::kLimited &&
                       finding.mend.find("sudo sysctl -w user.max_user_namespaces=") != std::string::npos
                   ? 0
                   : 1;
    return 2;
  });
  CHECK(code == 0);
}

TEST_CASE("each family of network faults has its finding, and works where namespaces and nftables do") {
  const SandboxSupport here = probe_sandbox();
  const bool works = here.best != SandboxMode::kLoopback && here.filter_error.empty();
  const auto findings = examine_sandbox();
  for (const char* family : {"cut faults", "reset faults", "packet faults"}) {
    const Finding& finding = named(findings, family);
    INFO(finding.name << ": " << finding.detail << " " << finding.mend);
    if (works) CHECK(finding.status == FindingStatus::kOk);
    if (!works) CHECK(finding.status == FindingStatus::kLimited);
  }
}

TEST_CASE("capture keeps what a program prints, and tells one that fails") {
  CHECK(capture({"sh", "-c", "echo out; echo err >&2"}) == "out\nerr\n");
  CHECK_FALSE(capture({"sh", "-c", "exit 1"}).has_value());
  CHECK_FALSE(capture({"no-such-program"}).has_value());
}

}  // namespace
}  // namespace harness

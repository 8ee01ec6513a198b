#include <grp.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "harness/sandbox/namespace_test_support.h"

namespace harness {
namespace {

constexpr uid_t kNobody = 65534;

void become_ordinary() {
  if (::geteuid() != 0) return;
  require_that(::setgroups(0, nullptr) == 0 && ::setgid(kNobody) == 0 && ::setuid(kNobody) == 0, "setuid");
  // A change of user takes the files in /proc/self from us; an exec, as a real login does, gives them back.
  ::prctl(PR_SET_DUMPABLE, 1);
}

}  // namespace

void as_ordinary_user(const std::function<void()>& work) {
  int ends[2];
  require_that(::pipe(ends) == 0, "pipe");
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::close(ends[0]);
    try {
      become_ordinary();
      work();
    } catch (const std::exception& error) {
      const std::string text = error.what();
      ::_exit(::write(ends[1], text.data(), text.size()) < 0 ? 2 : 1);
    }
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string text(4096, '\0');
  const auto size = ::read(ends[0], text.data(), text.size());
  ::close(ends[0]);
  int status = 0;
  ::waitpid(pid, &status, 0);
  if (status != 0)
    throw std::runtime_error(size > 0 ? text.substr(0, static_cast<std::size_t>(size)) : "died");
}

std::vector<SandboxMode> allowed_modes() {
  static const SandboxSupport support = probe_sandbox();
  std::vector<SandboxMode> modes;
  if (support.user_namespace_error.empty()) modes.push_back(SandboxMode::kUserNamespace);
  if (support.root_error.empty()) modes.push_back(SandboxMode::kRoot);
  if (modes.empty()) WARN("SKIPPED, no namespaces here: " << support.user_namespace_error);
  return modes;
}

void in_each_sandbox(const std::function<void(SandboxMode)>& test) {
  const auto run = [&](SandboxMode mode) {
    run_in_sandbox(mode, [&] {
      test(mode);
      return 0;
    });
  };
  for (const SandboxMode mode : allowed_modes()) {
    INFO("in " << to_string(mode) << " mode");
    CHECK_NOTHROW(run(mode));
    if (mode == SandboxMode::kUserNamespace && ::geteuid() == 0) {
      INFO("as an ordinary user");
      CHECK_NOTHROW(as_ordinary_user([&] { run(mode); }));
    }
  }
}

}  // namespace harness

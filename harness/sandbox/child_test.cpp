#include "harness/sandbox/child.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>
#include <vector>

#include "harness/core/check.h"
#include "harness/core/wait.h"
#include "harness/sandbox/namespace_test_support.h"

using namespace std::chrono_literals;

namespace harness {
namespace {

constexpr auto kPatience = 20s;

ChildOptions shell(const std::string& script) {
  ChildOptions options;
  options.argv = {"sh", "-c", script};
  return options;
}

std::string text_of(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// What the script prints.
std::string output_of(const std::string& script, ChildOptions options = {}) {
  const ScratchFolder folder;
  options.argv = shell(script).argv;
  options.output = folder.path / "output";
  Child child(options);
  REQUIRE(child.wait_for(kPatience).has_value());
  return text_of(options.output);
}

bool gone(pid_t pid) {
  return ::kill(pid, 0) != 0 && errno == ESRCH;
}

// Gone, or only to be reaped yet by whoever inherited it.
bool has_ended(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  return !std::getline(status, line) || line.find(") Z ") != std::string::npos;
}

TEST_CASE("a child tells how it ended") {
  Child fine(shell("exit 7"));
  const auto status = fine.wait_for(kPatience);
  REQUIRE(status.has_value());
  CHECK(status->exit_code == 7);
  CHECK(status->signal == 0);
  CHECK(status->describe() == "exited with 7");
  CHECK(fine.poll()->exit_code == 7);  // stays answerable
  CHECK(fine.state() == 0);
  CHECK_FALSE(fine.signal(SIGTERM));

  Child crashed(shell("kill -SEGV $$"));
  const auto crash = crashed.wait_for(kPatience);
  REQUIRE(crash.has_value());
  CHECK(crash->exit_code == -1);
  CHECK(crash->signal == SIGSEGV);
  CHECK(crash->describe() == "died of SIGSEGV");
}

TEST_CASE("a child is paused, resumed and stopped") {
  Child child(shell("exec sleep 1000"));
  CHECK_FALSE(child.poll().has_value());
  CHECK_FALSE(child.wait_for(1ms).has_value());
  REQUIRE(child.signal(SIGSTOP));
  CHECK(wait_for(kPatience, [&] { return child.state() == 'T'; }));
  REQUIRE(child.signal(SIGCONT));
  CHECK(wait_for(kPatience, [&] { return child.state() == 'S'; }));
  REQUIRE(child.signal(SIGSTOP));
  CHECK(child.stop(kPatience).signal == SIGTERM);  // a paused one too
}

TEST_CASE("a child that ignores SIGTERM is killed after the grace") {
  const ScratchFolder folder;
  Child child(shell("trap '' TERM; : > " + (folder.path / "ready").string() + "; while :; do sleep 1; done"));
  REQUIRE(wait_for(kPatience, [&] { return std::filesystem::exists(folder.path / "ready"); }));
  CHECK(child.stop(50ms).signal == SIGKILL);
}

TEST_CASE("destroying a child kills and reaps it") {
  pid_t pid = 0;
  {
    Child child(shell("exec sleep 1000"));
    pid = child.pid();
    CHECK(::kill(pid, 0) == 0);
  }
  CHECK(gone(pid));
}

TEST_CASE("what a child started goes with it") {
  const ScratchFolder folder;
  const auto pid_file = folder.path / "pid";
  {
    Child child(shell("sleep 1000 & echo $! > " + pid_file.string() + ".new; mv " + pid_file.string() +
                      ".new " + pid_file.string() + "; wait"));
    REQUIRE(wait_for(kPatience, [&] { return std::filesystem::exists(pid_file); }));
  }
  CHECK(wait_for(kPatience, [&] { return has_ended(std::stoi(text_of(pid_file))); }));
}

TEST_CASE("a program that cannot be started is named") {
  ChildOptions options;
  options.argv = {"no-such-program"};
  CHECK_THROWS_WITH(Child(options), Catch::Contains("no-such-program") && Catch::Contains("PATH"));
  options.argv = {"/etc/passwd"};
  CHECK_THROWS_AS(Child(options), EnvironmentError);
  CHECK_THROWS_WITH(Child(options), Catch::Contains("/etc/passwd") && Catch::Contains("Permission denied"));
  options.argv = {"sleep", "1"};
  options.directory = "/no/such/folder";
  CHECK_THROWS_AS(Child(options), EnvironmentError);
  options.directory.clear();
  options.output = "/no/such/folder/log";
  CHECK_THROWS_WITH(Child(options), Catch::Contains("/no/such/folder/log"));
  CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);  // none of them is left as a zombie
  CHECK(errno == ECHILD);
}

// In a sandbox: a signal to the process number -1 would end everything on this machine.
TEST_CASE("out of descriptors no child is started, and no other one is hurt") {
  for (const SandboxMode mode : allowed_modes())
    run_in_sandbox(mode, [] {
      Child bystander(shell("exec sleep 1000"));
      rlimit limit{};
      ::getrlimit(RLIMIT_NOFILE, &limit);
      int failures = 0;
      for (rlim_t descriptors = 4; descriptors < 40; ++descriptors) {
        const rlimit low{descriptors, limit.rlim_max};
        ::setrlimit(RLIMIT_NOFILE, &low);
        try {
          Child child(shell("exec sleep 1000"));
        } catch (const EnvironmentError&) {
          ++failures;
        }
        require_that(!bystander.poll(), "the other child lives on");
      }
      ::setrlimit(RLIMIT_NOFILE, &limit);
      require_that(failures > 5, "some limits are too low");
      return 0;
    });
}

TEST_CASE("a child that somebody else has reaped is gone") {
  Child child(shell("exec sleep 1000"));
  child.signal(SIGKILL);
  CHECK(::waitpid(child.pid(), nullptr, 0) == child.pid());
  CHECK(child.wait_for(kPatience).has_value());
  CHECK_FALSE(child.signal(SIGTERM));
}

TEST_CASE("a child has the directory, the environment and the output it was given") {
  const ScratchFolder folder;
  ChildOptions options;
  options.directory = folder.path;
  options.environment = {"GREETING=hello=world"};
  CHECK(output_of("pwd; echo $GREETING; test -n \"$PATH\" && echo >&2 path", options) ==
        folder.path.string() + "\nhello=world\npath\n");

  options.output = folder.path / "log";
  options.argv = {"echo", "more"};
  std::ofstream(options.output) << "first\n";
  Child child(options);
  REQUIRE(child.wait_for(kPatience).has_value());
  CHECK(text_of(options.output) == "first\nmore\n");
}

TEST_CASE("a child inherits no descriptor, no signal setting and no process group") {
  const int open_here = ::open("/dev/null", O_RDONLY);  // not close-on-exec
  CHECK(output_of("ls /proc/$$/fd") == "0\n1\n2\n");
  ::close(open_here);

  sigset_t blocked, before;
  sigfillset(&blocked);
  ::sigprocmask(SIG_BLOCK, &blocked, &before);
  const auto pipe_before = ::signal(SIGPIPE, SIG_IGN);
  const std::string status = output_of("grep -E 'Sig(Blk|Ign)' /proc/self/status");
  ::signal(SIGPIPE, pipe_before);
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  CHECK(status == "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");

  Child child(shell("exec sleep 1000"));
  CHECK(::getpgid(child.pid()) == child.pid());
}

TEST_CASE("a crashing child writes no core") {
  CHECK(std::stoi(output_of("ulimit -Hc")) <= 1);
  const ScratchFolder folder;
  ChildOptions options = shell("kill -ABRT $$");
  options.directory = folder.path;
  Child child(options);
  CHECK(child.wait_for(kPatience)->signal == SIGABRT);
  CHECK(std::filesystem::is_empty(folder.path));
}

TEST_CASE("a program sees the name it was called by, not where a link leads") {
  const ScratchFolder folder;
  std::filesystem::create_symlink("/bin/sh", folder.path / "called-so");
  ChildOptions options;
  options.argv = {(folder.path / "called-so").string(), "-c", "echo $0"};
  options.output = folder.path / "output";
  Child child(options);
  REQUIRE(child.wait_for(kPatience).has_value());
  CHECK(text_of(options.output) == (folder.path / "called-so").string() + "\n");
}

TEST_CASE("a child outlives the thread that made it") {
  std::unique_ptr<Child> child;
  std::thread([&] { child = std::make_unique<Child>(shell("exec sleep 1000")); }).join();
  CHECK_FALSE(child->wait_for(100ms).has_value());
}

TEST_CASE("several threads make, signal and watch children at once") {
  std::vector<std::thread> threads;
  std::atomic<int> ended_as_told = 0;
  Child shared(shell("exec sleep 1000"));
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      Child own(shell("exit " + std::to_string(i)));
      const auto status = own.wait_for(kPatience);
      if (status && status->exit_code == i) ++ended_as_told;
      shared.signal(SIGTERM);
      const auto end = shared.wait_for(kPatience);
      if (end && end->signal == SIGTERM && shared.state() == 0) ++ended_as_told;
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(ended_as_told == 8);
}

TEST_CASE("children go with the harness, whatever it dies of") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t harness = ::fork();
  if (harness == 0) {
    Child child(shell("exec sleep 1000"));
    const pid_t pid = child.pid();
    if (::write(ends[1], &pid, sizeof pid) != sizeof pid) ::_exit(1);
    for (;;) ::pause();
  }
  pid_t child = 0;
  REQUIRE(::read(ends[0], &child, sizeof child) == sizeof child);
  REQUIRE(::kill(child, 0) == 0);
  ::kill(harness, SIGKILL);
  ::waitpid(harness, nullptr, 0);
  CHECK(wait_for(kPatience, [&] { return has_ended(child); }));
  ::close(ends[0]);
  ::close(ends[1]);
}

}  // namespace
}  // namespace harness

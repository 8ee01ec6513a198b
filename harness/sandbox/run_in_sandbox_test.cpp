#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <fstream>
#include <set>
#include <thread>

#include "harness/core/check.h"
#include "harness/core/prng.h"
#include "harness/core/wait.h"
#include "harness/sandbox/child.h"
#include "harness/sandbox/file_descriptor.h"
#include "harness/sandbox/namespace_test_support.h"
#include "harness/sandbox/sandbox.h"

using namespace std::chrono_literals;

namespace harness {
namespace {

constexpr auto kPatience = 20s;

// Lines of a pipe: how a body tells the test what happened.
struct Wire {
  FileDescriptor reading, writing;
  Wire() {
    int ends[2];
    require_that(::pipe(ends) == 0, "pipe");
    reading = FileDescriptor(ends[0]);
    writing = FileDescriptor(ends[1]);
  }
  void say(char what) const { require_that(::write(writing.get(), &what, 1) == 1, "write"); }
  // The next letter; 0 at the end; '?' when none comes in time.
  char hear(std::chrono::milliseconds timeout = kPatience) const {
    pollfd event{reading.get(), POLLIN, 0};
    if (::poll(&event, 1, static_cast<int>(timeout.count())) != 1) return '?';
    char what = 0;
    return ::read(reading.get(), &what, 1) == 1 ? what : '\0';
  }
};

int wait_status(pid_t pid) {
  int status = 0;
  require_that(::waitpid(pid, &status, WUNTRACED) == pid, "waitpid");
  return status;
}

// What a script of `ps` would say: the state letter of a process, 0 when it is gone.
char state_of(const std::string& pid) {
  std::ifstream file("/proc/" + pid + "/stat");
  std::string line;
  std::getline(file, line);
  const auto close = line.rfind(')');
  return close == std::string::npos ? '\0' : line[close + 2];
}

// A body that says 'r' when ready, then one letter a SIGINT, and ends with their number on SIGTERM.
int count_interrupts(const Wire& wire) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  wire.say('r');
  for (int seen = 0;;) {
    int number = 0;
    ::sigwait(&set, &number);
    if (number == SIGTERM) return seen;
    ++seen;
    wire.say('i');
  }
}

TEST_CASE("the body's exit code comes out") {
  for (const SandboxMode mode : allowed_modes()) {
    CHECK(run_in_sandbox(mode, [] { return 0; }) == 0);
    CHECK(run_in_sandbox(mode, [] { return 42; }) == 42);
    CHECK(run_in_sandbox(mode, [] { return ::raise(SIGKILL); }) == 128 + SIGKILL);
  }
  CHECK(run_in_sandbox(SandboxMode::kLoopback, [] { return 42; }) == 42);
}

TEST_CASE("an exception of the body comes out as what it was") {
  for (const SandboxMode mode : allowed_modes()) {
    CHECK_THROWS_AS(run_in_sandbox(mode, []() -> int { throw UsageError("no such flag"); }), UsageError);
    CHECK_THROWS_WITH(run_in_sandbox(mode, []() -> int { throw EnvironmentError("disk full"); }),
                      "disk full");
    CHECK_THROWS_AS(run_in_sandbox(mode, []() -> int { throw EnvironmentError("disk full"); }),
                    EnvironmentError);
    CHECK_THROWS_WITH(run_in_sandbox(mode, []() -> int { throw std::logic_error("oh"); }), "oh");
  }
}

TEST_CASE("the body sees only its own processes, and orphans are reaped") {
  in_each_sandbox([](SandboxMode) {
    require_that(::getpid() == 2, "the body is pid 2");
    require_that(state_of("2") == 'R', "/proc is the namespace's own");
    Wire wire;
    const pid_t child = ::fork();
    if (child == 0) {
      const pid_t orphan = ::fork();
      if (orphan == 0) ::_exit(0);
      require_that(::write(wire.writing.get(), &orphan, sizeof orphan) == sizeof orphan, "write");
      ::_exit(7);
    }
    pid_t orphan = 0;
    require_that(::read(wire.reading.get(), &orphan, sizeof orphan) == sizeof orphan, "read");
    require_that(WEXITSTATUS(wait_status(child)) == 7, "init leaves the body's children to it");
    wait_until("init to reap the orphan", kPatience, [&] { return state_of(std::to_string(orphan)) == 0; });
  });
}

TEST_CASE("the user stays who they are") {
  const uid_t uid = ::getuid();
  for (const SandboxMode mode : allowed_modes())
    CHECK(run_in_sandbox(mode, [&] { return ::getuid() == uid && ::geteuid() == uid ? 0 : 1; }) == 0);
}

TEST_CASE("a body may keep the machine's network") {
  const auto network = std::filesystem::read_symlink("/proc/self/ns/net");
  for (const SandboxMode mode : allowed_modes()) {
    const auto is_machines = [&] { return std::filesystem::read_symlink("/proc/self/ns/net") == network; };
    CHECK(run_in_sandbox(mode, [&] { return is_machines() ? 1 : 0; }) == 0);
    CHECK(run_in_sandbox(
              mode, [&] { return is_machines() ? 1 : 0; }, SandboxNetwork::kMachine) == 1);
  }
}

TEST_CASE("a signal to the outer process, or to its group, reaches the body once") {
  for (const SandboxMode mode : allowed_modes()) {
    for (const bool to_group : {false, true}) {
      INFO("in " << to_string(mode) << " mode, " << (to_group ? "to the group" : "to the process"));
      const Wire wire;
      const pid_t outer = ::fork();
      if (outer == 0) {
        ::setpgid(0, 0);
        const int seen = run_in_sandbox(mode, [&] { return count_interrupts(wire); });
        ::_exit(signal_passed_on() == SIGTERM ? seen : 99);
      }
      REQUIRE(wire.hear() == 'r');
      ::kill(to_group ? -outer : outer, SIGINT);
      CHECK(wire.hear() == 'i');
      CHECK(wire.hear(200ms) == '?');
      ::kill(to_group ? -outer : outer, SIGTERM);
      CHECK(WEXITSTATUS(wait_status(outer)) == 1);
    }
  }
}

TEST_CASE("a body without handlers dies of the signal, and the exit code says so") {
  for (const SandboxMode mode : allowed_modes()) {
    const Wire wire;
    const pid_t outer = ::fork();
    if (outer == 0) {
      ::_exit(run_in_sandbox(mode, [&]() -> int {
        ::signal(SIGINT, SIG_DFL);  // Catch2 has one of its own
        wire.say('r');
        for (;;) ::pause();
      }));
    }
    REQUIRE(wire.hear() == 'r');
    ::kill(outer, SIGINT);
    CHECK(WEXITSTATUS(wait_status(outer)) == 130);
  }
}

TEST_CASE("Ctrl-C arrives once, and Ctrl-Z pauses the body until it is resumed") {
  for (const SandboxMode mode : allowed_modes()) {
    INFO("in " << to_string(mode) << " mode");
    const Wire wire;
    int terminal = -1;
    const pid_t shell = ::forkpty(&terminal, nullptr, nullptr, nullptr);
    if (shell == 0) {
      // As a shell does it: the job is a process group of its own, in the foreground.
      ::signal(SIGTTOU, SIG_IGN);
      const pid_t outer = ::fork();
      if (outer == 0) {
        ::setpgid(0, 0);
        ::tcsetpgrp(0, ::getpid());
        ::signal(SIGTTOU, SIG_DFL);
        ::_exit(run_in_sandbox(mode, [&] { return count_interrupts(wire); }));
      }
      if (!WIFSTOPPED(wait_status(outer))) ::_exit(101);
      wire.say('z');
      ::kill(outer, SIGCONT);
      ::_exit(WEXITSTATUS(wait_status(outer)));
    }
    const FileDescriptor keyboard(terminal);
    REQUIRE(wire.hear() == 'r');
    REQUIRE(::write(terminal, "\x03", 1) == 1);
    CHECK(wire.hear() == 'i');
    CHECK(wire.hear(200ms) == '?');
    REQUIRE(::write(terminal, "\x1a", 1) == 1);
    REQUIRE(wire.hear() == 'z');
    REQUIRE(::write(terminal, "\x03", 1) == 1);
    CHECK(wire.hear() == 'i');
    ::kill(-::tcgetpgrp(terminal), SIGTERM);
    CHECK(WEXITSTATUS(wait_status(shell)) == 2);
  }
}

// Processes with this word in their command line, by pid.
std::set<std::string> processes_with(const std::string& word) {
  std::set<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    std::ifstream file(entry.path() / "cmdline");
    std::string line;
    std::getline(file, line);
    if (line.find(word) != std::string::npos) found.insert(entry.path().filename());
  }
  return found;
}

std::set<std::string> interfaces() {
  std::set<std::string> names;
  auto* list = ::if_nameindex();
  for (auto* entry = list; entry->if_index != 0; ++entry) names.insert(entry->if_name);
  ::if_freenameindex(list);
  return names;
}

TEST_CASE("kill -9 of the outer process at any moment leaves nothing") {
  const auto before = interfaces();
  const std::string mark = "1234567." + std::to_string(::getpid());
  Prng prng(20240607);
  for (const SandboxMode mode : allowed_modes()) {
    for (int round = 0; round < 50; ++round) {
      // Every process forked from the outer holds the writing end; its end of file says that all are gone.
      Wire alive;
      const pid_t outer = ::fork();
      if (outer == 0) {
        alive.reading.close();
        run_in_sandbox(mode, [&]() -> int {
          const auto sandbox = make_sandbox(mode);
          std::vector<std::unique_ptr<Child>> children;
          for (const char* name : {"n1", "n2"}) {
            ChildOptions options;
            options.argv = {"sleep", mark};
            options.host = &sandbox->add_host(name);
            children.push_back(std::make_unique<Child>(options));
          }
          const auto drop = sandbox->add_host("n3").drop({{"10.77.0.1"}, {"10.77.0.1"}});
          for (;;) ::pause();
        });
        ::_exit(0);
      }
      alive.writing.close();
      std::this_thread::sleep_for(std::chrono::microseconds(prng.below(60'000)));  // the random moment
      ::kill(outer, SIGKILL);
      CHECK(WTERMSIG(wait_status(outer)) == SIGKILL);
      INFO("round " << round);
      REQUIRE(alive.hear() == '\0');
      REQUIRE(wait_for(kPatience, [&] { return processes_with(mark).empty(); }));
    }
  }
  CHECK(interfaces() == before);
}

// The only child of a process, as the machine numbers it.
pid_t child_of(pid_t parent) {
  pid_t child = 0;
  const auto number = std::to_string(parent);
  wait_until("a child of " + number, kPatience, [&] {
    return static_cast<bool>(std::ifstream("/proc/" + number + "/task/" + number + "/children") >> child);
  });
  return child;
}

TEST_CASE("kill -9 of the holder, of init or of the body ends the run, and leaves nothing") {
  for (const SandboxMode mode : allowed_modes()) {
    for (const int depth : {1, 2, 3}) {
      INFO("in " << to_string(mode) << " mode, " << depth << " below the outer process");
      Wire alive;
      const Wire wire;
      const pid_t outer = ::fork();
      if (outer == 0) {
        alive.reading.close();
        ::_exit(run_in_sandbox(mode, [&]() -> int {
          wire.say('r');
          for (;;) ::pause();
        }));
      }
      alive.writing.close();
      REQUIRE(wire.hear() == 'r');
      pid_t victim = outer;
      for (int i = 0; i < depth; ++i) victim = child_of(victim);
      ::kill(victim, SIGKILL);
      CHECK(WEXITSTATUS(wait_status(outer)) == 128 + SIGKILL);
      CHECK(alive.hear() == '\0');
    }
  }
}

TEST_CASE("two runs at once, with the same addresses, do not disturb each other") {
  for (const SandboxMode mode : allowed_modes()) {
    const Wire ready, go;
    std::vector<pid_t> runs;
    for (int i = 0; i < 2; ++i) {
      runs.push_back(::fork());
      if (runs.back() != 0) continue;
      ::_exit(run_in_sandbox(mode, [&] {
        const auto sandbox = make_sandbox(mode);
        ChildOptions options;
        options.argv = {"redis-server", "--port", "6379", "--save", ""};
        options.host = &sandbox->add_host("n1");
        Host& n2 = sandbox->add_host("n2");
        Child server(options);
        ready.say('r');
        go.hear();
        ChildOptions ping;
        ping.argv = {"sh", "-c", "until redis-cli -h 10.77.0.1 ping; do sleep 0.1; done"};
        ping.host = &n2;
        return Child(ping).wait_for(kPatience).value().exit_code;
      }));
    }
    CHECK(ready.hear() == 'r');
    CHECK(ready.hear() == 'r');
    go.say('g');
    go.say('g');
    for (const pid_t run : runs) CHECK(wait_status(run) == 0);
  }
}

TEST_CASE("the short way to the best mode finds what the probe finds") {
  CHECK(best_sandbox_mode() == probe_sandbox().best);
  if (!allowed_modes().empty())
    CHECK_NOTHROW(
        as_ordinary_user([] { require_that(best_sandbox_mode() == probe_sandbox().best, "same"); }));
}

TEST_CASE("the probe names the setting that keeps namespaces away") {
  if (allowed_modes().empty()) return;
  // The limits belong to the user namespace, so that inside one they can be tried without touching the
  // machine's.
  for (const std::string kind : {"user", "net", "pid", "mnt"}) {
    INFO(kind);
    const auto with_limit = [&] {
      std::ofstream("/proc/sys/user/max_" + kind + "_namespaces") << 0 << std::flush;
      const SandboxSupport support = probe_sandbox();
      require_that(support.best == SandboxMode::kLoopback, "best");
      require_that(support.user_namespace_error.find("sudo sysctl -w user.max_" + kind + "_namespaces=") !=
                       std::string::npos,
                   support.user_namespace_error);
      require_that(!support.root_error.empty(), "root");
      return 0;
    };
    CHECK_NOTHROW(as_ordinary_user([&] { run_in_sandbox(SandboxMode::kUserNamespace, with_limit); }));
  }
}

}  // namespace
}  // namespace harness

// The four processes of a run; namespaces.h says why there are four.
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <iostream>

#include "harness/core/check.h"
#include "harness/core/wait.h"
#include "harness/sandbox/file_descriptor.h"
#include "harness/sandbox/namespaces.h"
#include "harness/sandbox/sandbox.h"

namespace harness {
namespace {

bool own_network = false;

constexpr int kEnvironmentExitCode = 3;
constexpr std::array kPassedOn = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH};

struct Pipe {
  FileDescriptor reading, writing;
  Pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0)
      throw EnvironmentError(std::string("cannot make a pipe: ") + std::strerror(errno));
    reading = FileDescriptor(ends[0]);
    writing = FileDescriptor(ends[1]);
  }
};

// Blocks what the outer process waits for, from before the first fork, so that no signal falls between two
// processes. What the caller ignores (nohup) stays ignored.
class WaitedSignals {
 public:
  WaitedSignals() {
    sigemptyset(&set_);
    for (const int number : kPassedOn) add_unless_ignored(number);
    add_unless_ignored(SIGTSTP);
    sigaddset(&set_, SIGCONT);
    sigaddset(&set_, SIGCHLD);
    struct sigaction normal {};
    normal.sa_handler = SIG_DFL;  // were it ignored, children would vanish before they are waited for
    ::sigaction(SIGCHLD, &normal, &child_action_);
    ::sigprocmask(SIG_BLOCK, &set_, &original_);
  }
  ~WaitedSignals() {
    ::sigprocmask(SIG_SETMASK, &original_, nullptr);
    ::sigaction(SIGCHLD, &child_action_, nullptr);
  }
  WaitedSignals(const WaitedSignals&) = delete;
  WaitedSignals& operator=(const WaitedSignals&) = delete;

  int wait() const {
    int number;
    while ((number = ::sigwaitinfo(&set_, nullptr)) < 0) {
    }
    return number;
  }
  void unblock() const { ::sigprocmask(SIG_SETMASK, &original_, nullptr); }

 private:
  void add_unless_ignored(int number) {
    struct sigaction action {};
    ::sigaction(number, nullptr, &action);
    if (action.sa_handler != SIG_IGN) sigaddset(&set_, number);
  }
  sigset_t set_, original_;
  struct sigaction child_action_ {};
};

int exit_code(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int wait_for_end(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return exit_code(status);
}

// What was asked for, the same for all four processes.
struct Run {
  SandboxMode mode;
  SandboxNetwork network;
  const std::function<int()>& body;
  pid_t outer;
};

// An exception crosses from the inner processes to the outer as one letter and its text.
enum class Failure : char { kEnvironment = 'E', kUsage = 'U', kOther = 'O' };

void report(const Pipe& failures, Failure kind, const char* text) {
  const std::string message = static_cast<char>(kind) + std::string(text).substr(0, PIPE_BUF - 1);
  [[maybe_unused]] const auto written = ::write(failures.writing.get(), message.data(), message.size());
}

void rethrow(const Pipe& failures) {
  char buffer[PIPE_BUF];
  const auto size = ::read(failures.reading.get(), buffer, sizeof buffer);
  if (size <= 0) return;
  const std::string text(buffer + 1, static_cast<std::size_t>(size) - 1);
  switch (static_cast<Failure>(buffer[0])) {
    case Failure::kEnvironment:
      throw EnvironmentError(text);
    case Failure::kUsage:
      throw UsageError(text);
    case Failure::kOther:
      break;
  }
  throw std::runtime_error(text);
}

void flush_all() {
  std::cout.flush();
  std::cerr.flush();
  std::fflush(nullptr);
}

[[noreturn]] void be_body(const Run& run, const WaitedSignals& signals, const Pipe& failures) {
  if (run.network == SandboxNetwork::kOwn) own_network = true;
  // In a background process group output to a terminal set to "tostop" would stop us, input would anyway.
  ::signal(SIGTTOU, SIG_IGN);
  ::signal(SIGTTIN, SIG_IGN);
  signals.unblock();
  int code = kEnvironmentExitCode;
  try {
    code = run.body();
  } catch (const EnvironmentError& error) {
    report(failures, Failure::kEnvironment, error.what());
  } catch (const UsageError& error) {
    report(failures, Failure::kUsage, error.what());
  } catch (const std::exception& error) {
    report(failures, Failure::kOther, error.what());
  }
  flush_all();
  ::_exit(code);
}

// Reaps whoever ends; true once the body has, with its exit code.
bool reap(pid_t body, int& code) {
  int status = 0;
  for (pid_t pid; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;) {
    if (pid != body) continue;
    code = exit_code(status);
    return true;
  }
  return false;
}

// Passes on the signals that came through the control pipe; false once the outer process is gone.
bool pass_on(int control, pid_t body) {
  unsigned char numbers[64];
  const auto size = ::read(control, numbers, sizeof numbers);
  if (size == 0) return false;
  for (ssize_t i = 0; i < size; ++i) ::kill(body, numbers[i]);
  return true;
}

[[noreturn]] void watch(pid_t body, int control) {
  sigset_t ended;
  sigemptyset(&ended);
  sigaddset(&ended, SIGCHLD);
  const FileDescriptor children(::signalfd(-1, &ended, SFD_CLOEXEC | SFD_NONBLOCK));
  for (;;) {
    pollfd events[] = {{children.get(), POLLIN, 0}, {control, POLLIN, 0}};
    ::poll(events, 2, -1);
    signalfd_siginfo info;
    while (::read(children.get(), &info, sizeof info) > 0) {
    }
    int code = 0;
    if (reap(body, code)) ::_exit(code);
    if (events[1].revents != 0 && !pass_on(control, body)) ::_exit(128 + SIGKILL);
  }
}

[[noreturn]] void be_init(const Run& run, const WaitedSignals& signals, Pipe& control, Pipe& failures) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // the control pipe covers an outer process that died before this
  ::prctl(PR_SET_NAME, "harness-init");
  try {
    mount_proc(run.mode);
  } catch (const EnvironmentError& error) {
    report(failures, Failure::kEnvironment, error.what());
    ::_exit(kEnvironmentExitCode);
  }
  const pid_t child = ::fork();
  if (child == 0) {
    control.reading.close();
    be_body(run, signals, failures);
  }
  if (child < 0) {
    report(failures, Failure::kEnvironment,
           "cannot fork: the limit of processes (ulimit -u) or memory is reached");
    ::_exit(kEnvironmentExitCode);
  }
  failures.writing.close();
  watch(child, control.reading.get());
}

void die_with(pid_t outer) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != outer) ::_exit(128 + SIGKILL);  // it died before the line above
}

[[noreturn]] void be_holder(const Run& run, const WaitedSignals& signals, Pipe& control, Pipe& failures) {
  die_with(run.outer);
  ::setpgid(0, 0);
  try {
    enter_namespaces(run.mode, run.network);
  } catch (const EnvironmentError& error) {
    report(failures, Failure::kEnvironment, error.what());
    ::_exit(kEnvironmentExitCode);
  }
  die_with(run.outer);  // a change of credentials clears it
  const pid_t init = ::fork();
  if (init == 0) be_init(run, signals, control, failures);
  if (init < 0) {
    report(failures, Failure::kEnvironment,
           ("cannot fork into the namespaces: " + std::string(std::strerror(errno))).c_str());
    ::_exit(kEnvironmentExitCode);
  }
  control.reading.close();
  failures.writing.close();
  ::_exit(wait_for_end(init));
}

int passed_on = 0;

// The outer process's whole life, until the holder ends.
int pass_signals_on(const WaitedSignals& signals, pid_t holder, int control) {
  const auto send = [&](int number) {
    const auto byte = static_cast<unsigned char>(number);
    [[maybe_unused]] const auto written = ::write(control, &byte, 1);
  };
  for (;;) {
    const int number = signals.wait();
    int status = 0;
    if (number == SIGCHLD) {
      if (::waitpid(holder, &status, WNOHANG) == holder) return exit_code(status);
    } else if (number == SIGTSTP) {
      send(SIGSTOP);
      ::raise(SIGSTOP);
    } else {
      if (number == SIGINT || number == SIGTERM || number == SIGHUP) passed_on = number;
      send(number);
    }
  }
}

bool single_threaded() {
#if defined(__SANITIZE_THREAD__)
  return true;  // the sanitizer has a thread of its own
#else
  const std::filesystem::directory_iterator threads("/proc/self/task");
  return std::distance(begin(threads), end(threads)) == 1;
#endif
}

}  // namespace

int signal_passed_on() {
  return passed_on;
}

bool has_own_network() {
  return own_network;
}

int run_in_sandbox(SandboxMode mode, const std::function<int()>& body, SandboxNetwork network) {
  if (mode == SandboxMode::kLoopback) return body();
  // A thread that was joined a moment ago may still be listed.
  CHECK_THAT_HOLDS(wait_for(std::chrono::seconds(1), single_threaded),
                   "run_in_sandbox forks, so no other thread may exist yet");
  flush_all();
  const WaitedSignals signals;
  Pipe control, failures;
  const Run run{mode, network, body, ::getpid()};
  const pid_t holder = ::fork();
  if (holder < 0) throw EnvironmentError(std::string("cannot fork: ") + std::strerror(errno));
  if (holder == 0) {
    control.writing.close();
    failures.reading.close();
    be_holder(run, signals, control, failures);
  }
  failures.writing.close();
  // The reading end stays open here, so that a signal arriving after init's end is no SIGPIPE.
  const int code = pass_signals_on(signals, holder, control.writing.get());
  control.writing.close();  // should someone have killed the holder alone, this ends init
  rethrow(failures);
  return code;
}

}  // namespace harness

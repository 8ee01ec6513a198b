#include "harness/sandbox/child.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/process/args.hpp>
#include <boost/process/child.hpp>
#include <boost/process/env.hpp>
#include <boost/process/environment.hpp>
#include <boost/process/error.hpp>
#include <boost/process/exe.hpp>
#include <boost/process/extend.hpp>
#include <boost/process/search_path.hpp>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <mutex>
#include <system_error>

#include "harness/core/check.h"
#include "harness/sandbox/disk_gate.h"
#include "harness/sandbox/file_descriptor.h"
#include "harness/sandbox/sandbox.h"
#include "harness/sandbox/spawner.h"

namespace harness {
namespace {

namespace bp = boost::process;

std::string reason() {
  return std::strerror(errno);
}

/// Where the program is, as seen from any directory: looked up on PATH unless it has a slash. Symbolic links
/// stay as they are: programs like Debian's redis-server look at the name they were called by.
std::filesystem::path locate(const std::string& program) {
  if (program.find('/') != std::string::npos) return std::filesystem::absolute(program);
  const std::filesystem::path found = bp::search_path(program);
  if (found.empty()) throw EnvironmentError("cannot start " + program + ": there is no such program on PATH");
  return found;
}

FileDescriptor open_output(const std::filesystem::path& output) {
  const char* path = output.empty() ? "/dev/null" : output.c_str();
  FileDescriptor file(::open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (!file) throw EnvironmentError(std::string("cannot write to ") + path + ": " + reason());
  return file;
}

FileDescriptor open_network_of_caller() {
  FileDescriptor network(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
  if (!network) throw EnvironmentError("cannot open /proc/thread-self/ns/net: " + reason());
  return network;
}

/// What the new process does between fork and exec. Only async-signal-safe calls: other threads of the
/// harness held locks when it forked.
class Setup : public bp::extend::handler {
 public:
  Setup(int input, int output, int network, const std::filesystem::path& directory, const DiskGate* gate)
      : input_(input), output_(output), network_(network), directory_(directory), gate_(gate) {}

  template <typename Executor>
  void on_exec_setup(Executor& executor) const {
    if (set_up()) return;
    executor.set_error(std::error_code(errno, std::system_category()), "before exec");
    ::_exit(EXIT_FAILURE);
  }
  // Boost does not wait for the process whose exec failed.
  template <typename Executor>
  void on_error(Executor& executor, const std::error_code&) const {
    if (executor.pid > 0) ::waitpid(executor.pid, nullptr, 0);
  }

 private:
  /// False, with errno, when something of it failed.
  bool set_up() const {
    if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return false;
    if (::getppid() != parent_) ::_exit(EXIT_FAILURE);  // the harness died before the line above
    if (::setpgid(0, 0) != 0) return false;             // a terminal's Ctrl-C is the harness's to handle
    if (network_ >= 0 && ::setns(network_, CLONE_NEWNET) != 0) return false;
    if (!directory_.empty() && ::chdir(directory_.c_str()) != 0) return false;
    if (::dup2(input_, 0) < 0 || ::dup2(output_, 1) < 0 || ::dup2(output_, 2) < 0) return false;
    if (::syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC) != 0) return false;
    // The gate last: what comes behind it may ask the disk.
    return reset_signals() && forbid_core_dumps() && (gate_ == nullptr || gate_->install_in_child());
  }
  static bool reset_signals() {
    struct sigaction normal {};
    normal.sa_handler = SIG_DFL;
    for (int number = 1; number < NSIG; ++number) ::sigaction(number, &normal, nullptr);
    sigset_t none;
    sigemptyset(&none);
    return ::sigprocmask(SIG_SETMASK, &none, nullptr) == 0;
  }
  /// A limit of 1 byte writes no core file, and is what keeps the kernel from starting the program that
  /// core_pattern may name, which 0 does not (core(5), "Piping core dumps").
  static bool forbid_core_dumps() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_CORE, &limit) != 0) return false;
    limit.rlim_cur = limit.rlim_max = std::min<rlim_t>(limit.rlim_max, 1);
    return ::setrlimit(RLIMIT_CORE, &limit) == 0;
  }

  int input_, output_, network_;
  const std::filesystem::path& directory_;
  const DiskGate* gate_;
  pid_t parent_ = ::getpid();
};

bool same_file(int one, int other) {
  struct stat a {
  }, b{};
  return ::fstat(one, &a) == 0 && ::fstat(other, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/// REQUIRES: on the spawner's thread.
pid_t launch(const ChildOptions& options, const std::filesystem::path& program, int output, int network) {
  const FileDescriptor input(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  // To enter the namespace one is in takes a right that loopback mode has not.
  if (same_file(network, open_network_of_caller().get())) network = -1;
  bp::environment environment = boost::this_process::environment();
  for (const auto& entry : options.environment) {
    const auto equals = entry.find('=');
    CHECK_THAT_HOLDS(equals != std::string::npos, "environment wants NAME=value: " + entry);
    environment[entry.substr(0, equals)] = entry.substr(equals + 1);
  }
  const std::vector<std::string> arguments(options.argv.begin() + 1, options.argv.end());
  std::error_code error;
  errno = 0;
  bp::child child(bp::exe = program.string(), bp::args = arguments, environment, error,
                  Setup(input.get(), output, network, options.directory, options.gate));
  const pid_t pid = child.id();
  // Boost reports no error when it is out of descriptors for its own pipe. The number that it then gives is
  // -1, and a signal to that would go to every process there is.
  if (!error && pid <= 0) error.assign(errno != 0 ? errno : EMFILE, std::system_category());
  if (error) {
    std::string where = options.host == nullptr ? "" : " on host " + options.host->name();
    if (!options.directory.empty()) where += " in " + options.directory.string();
    throw EnvironmentError("cannot start " + program.string() + where + ": " + error.message());
  }
  child.detach();  // from here on it is ours to wait for
  return pid;
}

}  // namespace

std::string ExitStatus::describe() const {
  if (signal == 0) return "exited with " + std::to_string(exit_code);
  const char* name = ::sigabbrev_np(signal);
  return name != nullptr ? std::string("died of SIG") + name : "died of signal " + std::to_string(signal);
}

struct Child::Impl {
  std::shared_ptr<Spawner> spawner = Spawner::shared();  // its thread must outlive the process
  pid_t pid = -1;
  FileDescriptor handle;  // a pidfd: readable once the process has ended, and never another process
  std::mutex mutex;
  std::optional<ExitStatus> status;  // guarded by mutex; set when reaped

  void reap_if_ended() {
    if (status) return;
    int raw = 0;
    const pid_t ended = ::waitpid(pid, &raw, WNOHANG);
    if (ended < 0 && errno == ECHILD) status = ExitStatus{};  // somebody else has reaped it
    if (ended != pid) return;
    status = WIFEXITED(raw) ? ExitStatus{WEXITSTATUS(raw), 0} : ExitStatus{-1, WTERMSIG(raw)};
  }
};

Child::Child(const ChildOptions& options) : impl_(std::make_unique<Impl>()) {
  CHECK_THAT_HOLDS(!options.argv.empty(), "a child without a program");
  const auto program = locate(options.argv.front());
  const FileDescriptor output = open_output(options.output);
  const FileDescriptor callers = open_network_of_caller();
  const bool has_host = options.host != nullptr && options.host->network_namespace() >= 0;
  const int network = has_host ? options.host->network_namespace() : callers.get();
  impl_->spawner->run([&] { impl_->pid = launch(options, program, output.get(), network); });
  impl_->handle = FileDescriptor(static_cast<int>(::syscall(SYS_pidfd_open, impl_->pid, 0)));
  if (!impl_->handle) {
    const std::string why = reason();
    ::kill(impl_->pid, SIGKILL);
    ::waitpid(impl_->pid, nullptr, 0);
    throw EnvironmentError("cannot watch " + program.string() + " (pidfd_open): " + why);
  }
}

Child::~Child() {
  kill_all();
}

pid_t Child::pid() const {
  return impl_->pid;
}

std::optional<ExitStatus> Child::poll() {
  const std::lock_guard lock(impl_->mutex);
  impl_->reap_if_ended();
  return impl_->status;
}

std::optional<ExitStatus> Child::wait_for(std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  for (;;) {
    if (auto status = poll()) return status;
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return std::nullopt;
    pollfd end{impl_->handle.get(), POLLIN, 0};
    ::poll(&end, 1, static_cast<int>(std::min<std::int64_t>(left.count(), 60'000)));
  }
}

bool Child::signal(int number) {
  const std::lock_guard lock(impl_->mutex);
  impl_->reap_if_ended();
  return !impl_->status && ::kill(impl_->pid, number) == 0;
}

char Child::state() const {
  const std::lock_guard lock(impl_->mutex);
  if (impl_->status) return 0;  // the number may be another process's by now
  std::ifstream file("/proc/" + std::to_string(impl_->pid) + "/stat");
  std::string line;
  std::getline(file, line);
  // "PID (NAME) STATE …", and the name may hold anything.
  const auto close = line.rfind(')');
  return close == std::string::npos || close + 2 >= line.size() ? '\0' : line[close + 2];
}

ExitStatus Child::stop(std::chrono::milliseconds grace) {
  signal(SIGTERM);
  signal(SIGCONT);  // a paused process would not see the other
  if (auto status = wait_for(grace)) return *status;
  return kill_all();
}

ExitStatus Child::kill_all() {
  {
    const std::lock_guard lock(impl_->mutex);
    if (impl_->status) return *impl_->status;
    ::kill(-impl_->pid, SIGKILL);  // not reaped, so the group is still its own
  }
  for (;;)
    if (auto status = wait_for(std::chrono::hours(1))) return *status;
}

}  // namespace harness

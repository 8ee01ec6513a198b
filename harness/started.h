// For the tests of the executable: a started harness in a directory of its own, its output in files.
#pragma once

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "harness/core/wait.h"

namespace harness::test {

struct Scratch {
  Scratch() {
    char name[] = "/tmp/harness-e2e-XXXXXX";
    if (::mkdtemp(name) == nullptr) throw std::runtime_error("mkdtemp");
    path = name;
    permissions(path, std::filesystem::perms::all);  // runs as an ordinary user write here too
  }
  ~Scratch() { std::filesystem::remove_all(path); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  std::string file(const std::string& name) const { return (path / name).string(); }
  std::string store() const { return file("store"); }
  std::filesystem::path path;
};

inline std::string slurp(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// What a started harness may and may not.
struct Bounds {
  std::vector<std::string> environment{};  ///< NAME=VALUE beside the present one
  uid_t user = ::getuid();
  rlim_t file_bytes = RLIM_INFINITY;
  rlim_t data_bytes = RLIM_INFINITY;  ///< private memory
};

/// A started harness; killed and reaped when it goes out of scope.
class Started {
 public:
  Started(const Scratch& scratch, std::vector<std::string> arguments, const Bounds& bounds = {})
      : out_(scratch.path / "stdout"), err_(scratch.path / "stderr") {
    arguments.insert(arguments.begin(), HARNESS_EXECUTABLE);
    pid_ = ::fork();
    if (pid_ == 0) become(scratch, arguments, bounds);
  }
  ~Started() {
    if (reaped_) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  Started(const Started&) = delete;
  Started& operator=(const Started&) = delete;

  pid_t pid() const { return pid_; }
  std::string out() const { return slurp(out_); }
  std::string err() const { return slurp(err_); }
  void signal(int number) const { ::kill(pid_, number); }

  bool ended() {
    int status = 0;
    if (!reaped_ && ::waitpid(pid_, &status, WNOHANG) == pid_) {
      reaped_ = true;
      code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    return reaped_;
  }
  int exit_code(std::chrono::milliseconds patience = std::chrono::minutes(5)) {
    wait_until("the harness to end", patience, [this] { return ended(); });
    return code_;
  }
  /// Whether it is the harness already and has a handler for the signal: before, it would die of it.
  bool catches(int number) const {
    const std::string process = "/proc/" + std::to_string(pid_);
    std::error_code gone;
    if (std::filesystem::read_symlink(process + "/exe", gone) !=
        std::filesystem::canonical(HARNESS_EXECUTABLE))
      return false;
    std::istringstream status(slurp(process + "/status"));
    for (std::string line; std::getline(status, line);)
      if (line.starts_with("SigCgt:"))
        return (std::stoull(line.substr(7), nullptr, 16) >> (number - 1) & 1) != 0;
    return false;
  }

 private:
  static void limit(__rlimit_resource resource, rlim_t bytes) {
    const rlimit both{bytes, bytes};
    if (bytes != RLIM_INFINITY) ::setrlimit(resource, &both);
  }
  [[noreturn]] void become(const Scratch& scratch, std::vector<std::string>& arguments,
                           const Bounds& bounds) {
    ::dup2(::open("/dev/null", O_RDONLY), 0);
    ::dup2(::open(out_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666), 1);
    ::dup2(::open(err_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666), 2);
    if (bounds.file_bytes != RLIM_INFINITY) std::signal(SIGXFSZ, SIG_IGN);
    limit(RLIMIT_FSIZE, bounds.file_bytes);
    limit(RLIMIT_DATA, bounds.data_bytes);
    if (bounds.user != ::getuid() && (::setgid(bounds.user) != 0 || ::setuid(bounds.user) != 0)) ::_exit(99);
    if (::chdir(scratch.path.c_str()) != 0) ::_exit(98);
    for (const std::string& variable : bounds.environment) ::putenv(const_cast<char*>(variable.c_str()));
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    ::execv(argv[0], argv.data());
    ::_exit(97);
  }

  std::filesystem::path out_;
  std::filesystem::path err_;
  pid_t pid_ = -1;
  bool reaped_ = false;
  int code_ = -1;
};

/// A harness that has ended.
struct Finished {
  int code;
  std::string out;
  std::string err;
};

inline Finished finish(const Scratch& scratch, std::vector<std::string> arguments,
                       std::vector<std::string> environment = {}) {
  Started started(scratch, std::move(arguments), {.environment = std::move(environment)});
  const int code = started.exit_code();
  return {code, started.out(), started.err()};
}

/// Processes whose command line names this directory: what a run left behind.
inline std::vector<std::string> processes_of(const std::filesystem::path& directory) {
  std::vector<std::string> found;
  for (const std::filesystem::directory_entry& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (!std::ranges::all_of(name, [](unsigned char c) { return std::isdigit(c); })) continue;
    std::string line = slurp(entry.path() / "cmdline");
    std::ranges::replace(line, '\0', ' ');
    if (line.find(directory.string()) != std::string::npos) found.push_back(name + " " + line);
  }
  return found;
}

inline std::size_t interfaces() {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator("/sys/class/net"),
                                                std::filesystem::directory_iterator()));
}

}  // namespace harness::test

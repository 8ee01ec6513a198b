#include "harness/builds/cache.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <system_error>
#include <thread>

#include "harness/core/check.h"

namespace harness {
namespace {

namespace fs = std::filesystem;
constexpr const char* kName = "redis-cluster-harness";
constexpr auto kBetweenTries = std::chrono::milliseconds(100);

bool usable(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  return !error && ::access(folder.c_str(), W_OK | X_OK) == 0;
}

/// Whether nobody else could have put something in it: what lies there is run.
bool is_ours(const fs::path& folder) {
  struct stat info;
  return ::lstat(folder.c_str(), &info) == 0 && S_ISDIR(info.st_mode) && info.st_uid == ::geteuid() &&
         (info.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

}  // namespace

fs::path default_cache_folder() {
  const char* xdg = std::getenv("XDG_CACHE_HOME");
  if (xdg && *xdg == '/' && usable(fs::path(xdg) / kName)) return fs::path(xdg) / kName;
  const char* home = std::getenv("HOME");
  if (home && *home == '/' && usable(fs::path(home) / ".cache" / kName))
    return fs::path(home) / ".cache" / kName;
  std::error_code error;
  const fs::path temporary = fs::temp_directory_path(error) / fmt::format("{}-{}", kName, ::geteuid());
  ::mkdir(temporary.c_str(), 0700);  // may be there: judged below
  if (!error && is_ours(temporary) && usable(temporary)) return temporary;
  throw EnvironmentError(
      fmt::format("no folder to keep compiled servers in: neither $XDG_CACHE_HOME, ~/.cache nor {} "
                  "can be written (or the last is another user's); set XDG_CACHE_HOME",
                  temporary.string()));
}

FileLock::FileLock(const fs::path& path, const std::function<void()>& on_wait) {
  fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  try {
    // Asked again and again, and never waited for in the kernel: a signal must be able to end the waiting.
    for (; fd_ >= 0; std::this_thread::sleep_for(kBetweenTries)) {
      if (::flock(fd_, LOCK_EX | LOCK_NB) == 0) return;
      if (errno != EWOULDBLOCK && errno != EINTR) break;
      if (on_wait) on_wait();
    }
  } catch (...) {
    ::close(fd_);
    throw;
  }
  const int error = errno;
  if (fd_ >= 0) ::close(fd_);
  throw EnvironmentError(fmt::format("cannot lock {}: {}; set XDG_CACHE_HOME to a writable folder",
                                     path.string(), std::strerror(error)));
}

FileLock::~FileLock() {
  ::close(fd_);
}

Cache::Cache(fs::path folder) : folder_(std::move(folder)) {
  std::error_code error;
  fs::create_directories(folder_ / "locks", error);
  if (error)
    throw EnvironmentError(fmt::format("cannot make {}: {}; set XDG_CACHE_HOME to a writable folder",
                                       folder_.string(), error.message()));
}

FileLock Cache::lock(const std::string& key, const std::function<void(std::string_view)>& say) const {
  return FileLock(folder_ / "locks" / (key + ".lock"), [&] {
    if (say) say("another run is at it: waiting for " + key);
  });
}

fs::path Cache::entry(const std::string& kind, const std::string& key,
                      const std::function<void(const fs::path&)>& make,
                      const std::function<void(std::string_view)>& say) const {
  const fs::path ready = folder_ / kind / key;
  if (fs::exists(ready)) return ready;
  const FileLock held = lock(kind + "-" + key, say);
  if (fs::exists(ready)) return ready;  // made while we waited
  const fs::path fresh = folder_ / kind / (".making-" + key);
  try {
    fs::remove_all(fresh);  // of a maker that was killed: the lock says that none is at work
    fs::create_directories(fresh);
    make(fresh);
    fs::rename(fresh, ready);
  } catch (const fs::filesystem_error& error) {
    std::error_code ignored;
    fs::remove_all(fresh, ignored);
    throw EnvironmentError(fmt::format("{} cannot be filled: {}; free space, or set XDG_CACHE_HOME",
                                       ready.string(), error.what()));
  } catch (...) {
    std::error_code ignored;
    fs::remove_all(fresh, ignored);
    throw;
  }
  return ready;
}

}  // namespace harness

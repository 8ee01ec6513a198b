#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <string>
#include <system_error>
#include <thread>

#include "harness/doctor/examination.h"

namespace harness {
namespace {

// What a default run (six nodes, half a minute) was seen to take, with room to spare.
constexpr std::int64_t kMemoryMiBMin = 512;
constexpr std::int64_t kMemoryMiBGood = 1024;
constexpr std::int64_t kDiskMiBMin = 256;
constexpr std::int64_t kDiskMiBGood = 2048;
constexpr rlim_t kFilesMin = 256;
constexpr rlim_t kFilesGood = 1024;
constexpr rlim_t kAddressSpaceMin = 977ULL << 20;
constexpr rlim_t kProcessesGood = 512;

std::string mib(std::int64_t size) {
  return std::to_string(size) + " MiB";
}

Finding processors() {
  const unsigned count = std::max(1U, std::thread::hardware_concurrency());
  const std::string detail = std::to_string(count) + (count == 1 ? " processor" : " processors");
  if (count >= 2) return ok("processors", detail);
  return limited("processors", detail + ": timing bounds will be stretched by waiting for each other",
                 "use a machine with two or more");
}

Finding memory() {
  std::ifstream file("/proc/meminfo");
  std::int64_t available = -1;
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("MemAvailable:")) available = std::stoll(line.substr(13)) / 1024;
  if (available < 0) return limited("memory", "unknown", "mount /proc");
  const std::string detail = mib(available) + " available";
  if (available < kMemoryMiBMin)
    return blocking("memory", detail + ", a default run wants " + mib(kMemoryMiBMin), "end other programs");
  if (available < kMemoryMiBGood)
    return limited("memory", detail + ": enough for short runs", "end other programs for long ones");
  return ok("memory", detail);
}

// The nearest folder above that exists: what will hold the store.
std::filesystem::path existing(std::filesystem::path path) {
  std::error_code error;
  path = std::filesystem::absolute(path, error);
  while (!std::filesystem::exists(path, error) && path.has_relative_path()) path = path.parent_path();
  return path;
}

Finding store_space(const std::filesystem::path& store) {
  const auto folder = existing(store);
  if (!std::filesystem::is_directory(folder) || ::access(folder.c_str(), W_OK | X_OK) != 0)
    return blocking("store", "cannot write to " + folder.string(),
                    "run where you can write, or give --store a folder of yours");
  struct statvfs space {};
  if (::statvfs(folder.c_str(), &space) != 0)
    return limited("store", folder.string() + ": " + std::strerror(errno), "check that disk");
  const auto free = static_cast<std::int64_t>(space.f_bavail * (space.f_frsize / 1024) / 1024);
  const std::string detail = mib(free) + " free in " + folder.string();
  if (free < kDiskMiBMin)
    return blocking("store", detail + ", a default run wants " + mib(kDiskMiBMin),
                    "free some, or give --store a folder elsewhere");
  if (free < kDiskMiBGood)
    return limited("store", detail + ": enough for a few runs", "remove old runs from the store");
  return ok("store", detail);
}

std::string shown(rlim_t limit) {
  return limit == RLIM_INFINITY ? "unlimited" : std::to_string(limit);
}

Finding open_files() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  // A run raises the soft limit as far as it needs.
  const std::string detail = shown(limit.rlim_max) + " open files";
  if (limit.rlim_max < kFilesMin)
    return blocking("open files", detail + ", a default run wants " + std::to_string(kFilesMin),
                    "`ulimit -Hn " + std::to_string(kFilesGood) + "`");
  if (limit.rlim_max < kFilesGood)
    return limited("open files", detail + ": many clients will not find room",
                   "`ulimit -Hn " + std::to_string(kFilesGood) + "`");
  return ok("open files", detail);
}

Finding address_space() {
  rlimit limit{};
  ::getrlimit(RLIMIT_AS, &limit);
  if (limit.rlim_cur == RLIM_INFINITY) return ok("address space", "unlimited");
  const std::string detail = mib(static_cast<std::int64_t>(limit.rlim_cur >> 20)) + " of address space";
  if (limit.rlim_cur < kAddressSpaceMin)
    return blocking("address space", detail + ", a default run wants " + mib(kAddressSpaceMin >> 20),
                    "`ulimit -v unlimited`");
  return limited("address space", detail + ": many nodes will not find room", "`ulimit -v unlimited`");
}

Finding processes() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NPROC, &limit);
  const std::string detail = shown(limit.rlim_cur) + " processes and threads";
  if (limit.rlim_cur >= kProcessesGood) return ok("processes", detail);
  return limited("processes", detail + ", of all this user runs",
                 "`ulimit -u " + std::to_string(kProcessesGood) + "`");
}

Finding cores() {
  std::string pattern;
  std::getline(std::ifstream("/proc/sys/kernel/core_pattern"), pattern);
  return ok("cores", "core_pattern is \"" + pattern +
                         "\"; servers under test never dump (limit 1, which also "
                         "keeps such a program from starting)");
}

Finding overcommit() {
  int value = -1;
  std::ifstream("/proc/sys/vm/overcommit_memory") >> value;
  if (value == 1) return ok("overcommit", "vm.overcommit_memory is 1");
  return ok("overcommit",
            "vm.overcommit_memory is " + std::to_string(value) +
                "; only servers with gigabytes of data want 1 (Redis warns about it in its log)");
}

}  // namespace

std::vector<Finding> examine_resources(const std::filesystem::path& store) {
  return {processors(), memory(), store_space(store), open_files(), address_space(),
          processes(),  cores(),  overcommit()};
}

}  // namespace harness

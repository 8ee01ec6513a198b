#include "harness/run/limits.h"

#include <sys/resource.h>

#include <algorithm>
#include <string>

#include "harness/core/check.h"

namespace harness {
namespace {

// Measured with 6 to 24 nodes and 24 to 300 processes: 120 files for the default run, 932 for 300 processes.
constexpr std::uint64_t kFilesAlways = 24;
constexpr std::uint64_t kFilesOfNode = 4;
// Measured likewise: a default run passes with 1024 MB, and fails now and then with 906.
constexpr std::uint64_t kBytesAlways = 500'000'000;
constexpr std::uint64_t kBytesOfHost = 72'000'000;  // a thread: its stack, and its own heap

rlimit limit_of(__rlimit_resource resource) {
  rlimit limit{};
  CHECK_THAT_HOLDS(::getrlimit(resource, &limit) == 0, "every process may ask for its limits");
  return limit;
}

void require_open_files(const Plan& plan) {
  const std::uint64_t needed = open_files_of(plan);
  rlimit limit = limit_of(RLIMIT_NOFILE);
  if (limit.rlim_max < needed)
    throw EnvironmentError("the run needs up to " + std::to_string(needed) + " open files, and only " +
                           std::to_string(limit.rlim_max) +
                           " are allowed: raise `ulimit -Hn`, or take fewer nodes or clients");
  if (limit.rlim_cur >= needed) return;
  limit.rlim_cur = needed;
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0)
    throw EnvironmentError("the limit of open files cannot be raised: give `ulimit -n " +
                           std::to_string(needed) + "`");
}

void require_address_space(const Plan& plan) {
  const std::uint64_t needed = address_space_of(plan);
  const rlimit limit = limit_of(RLIMIT_AS);
  if (limit.rlim_cur >= needed) return;
  const auto megabytes = [](std::uint64_t bytes) { return std::to_string(bytes / 1'000'000) + " MB"; };
  throw EnvironmentError("the run needs " + megabytes(needed) + " of address space, and only " +
                         megabytes(limit.rlim_cur) + " are allowed: raise `ulimit -v` (to " +
                         std::to_string(needed / 1024 + 1) + "), or take fewer nodes");
}

}  // namespace

std::uint64_t open_files_of(const Plan& plan) {
  std::uint64_t connections = 0;
  for (const LoadPlan& load : plan.loads)
    connections += static_cast<std::uint64_t>(load.concurrency) *
                   static_cast<std::uint64_t>(std::max(1, plan.cluster.config.masters));
  return kFilesAlways + kFilesOfNode * static_cast<std::uint64_t>(plan.cluster.size()) + connections;
}

std::uint64_t address_space_of(const Plan& plan) {
  std::uint64_t groups = 0;
  for (const LoadPlan& load : plan.loads)
    groups += static_cast<std::uint64_t>(std::max(1, load.client_groups));
  return kBytesAlways + kBytesOfHost * (static_cast<std::uint64_t>(plan.cluster.size()) + groups);
}

void require_limits(const Plan& plan) {
  require_open_files(plan);
  require_address_space(plan);
}

}  // namespace harness

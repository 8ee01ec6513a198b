#include "harness/sandbox/own_files.h"

#include <system_error>

namespace harness {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kInstalled = "../libexec/redis-cluster-harness";

}  // namespace

fs::path own_file_of(const fs::path& executable, std::string_view name) {
  const fs::path beside = executable.parent_path() / name;
  const fs::path installed = (executable.parent_path() / kInstalled / name).lexically_normal();
  std::error_code error;
  return !fs::exists(beside, error) && fs::exists(installed, error) ? installed : beside;
}

fs::path own_file(std::string_view name) {
  std::error_code error;
  return own_file_of(fs::read_symlink("/proc/self/exe", error), name);
}

}  // namespace harness

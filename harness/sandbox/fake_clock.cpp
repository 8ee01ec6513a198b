#include "harness/sandbox/fake_clock.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <system_error>

#include "harness/core/check.h"
#include "harness/sandbox/file_descriptor.h"
#include "harness/sandbox/own_files.h"

namespace harness {

namespace fs = std::filesystem;

std::optional<fs::path> find_fake_clock() {
  std::error_code error;
  const fs::path library = own_file("libharness_clock.so");
  return fs::exists(library, error) ? std::optional(library) : std::nullopt;
}

std::vector<std::string> fake_clock_environment(const fs::path& file) {
  const auto library = find_fake_clock();
  CHECK_THAT_HOLDS(library.has_value(), "plans with clock faults are refused where the library is missing");
  // A server with a sanitizer wants its runtime first, unless it is told that this is no mistake.
  return {"LD_PRELOAD=" + library->string(), "HARNESS_CLOCK_FILE=" + file.string(),
          "ASAN_OPTIONS=verify_asan_link_order=0"};
}

void set_fake_clock(const fs::path& file, std::chrono::nanoseconds ahead) {
  const std::int64_t offset = ahead.count();
  const FileDescriptor out(::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
  // In place: servers have the file mapped.
  if (!out || ::pwrite(out.get(), &offset, sizeof offset, 0) != sizeof offset)
    throw EnvironmentError("cannot write " + file.string() + ": " + std::strerror(errno));
}

}  // namespace harness

#include "harness/sandbox/capture.h"

#include <sys/mman.h>
#include <unistd.h>

#include "harness/core/check.h"
#include "harness/sandbox/child.h"
#include "harness/sandbox/file_descriptor.h"

namespace harness {

namespace {

std::string read_all(int fd) {
  std::string text;
  char buffer[4096];
  for (ssize_t size; (size = ::pread(fd, buffer, sizeof buffer, static_cast<off_t>(text.size()))) > 0;)
    text.append(buffer, static_cast<std::size_t>(size));
  return text;
}

}  // namespace

Captured capture_all(const std::vector<std::string>& argv) {
  // Memory that has a path: no temporary file to leave behind.
  const FileDescriptor memory(::memfd_create("output", MFD_CLOEXEC));
  ChildOptions options;
  options.argv = argv;
  options.output = "/proc/self/fd/" + std::to_string(memory.get());
  Child child(options);
  const auto status = child.wait_for(std::chrono::seconds(10));
  return {status && status->signal == 0 && status->exit_code == 0, read_all(memory.get())};
}

std::optional<std::string> capture(const std::vector<std::string>& argv) {
  try {
    Captured captured = capture_all(argv);
    if (captured.success) return std::move(captured.text);
  } catch (const EnvironmentError&) {
    return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace harness

#include "harness/verbs/named_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "harness/core/check.h"
#include "harness/run/store.h"

namespace harness {
namespace {

namespace fs = std::filesystem;

/// Where a chain of links leads, whether or not something stands there.
fs::path target_of(const std::string& file) {
  constexpr int kLinksAtMost = 40;  // as the kernel has it
  std::error_code error;
  fs::path target = file;
  for (int links = 0; links < kLinksAtMost && fs::is_symlink(fs::symlink_status(target, error)); ++links)
    target = target.parent_path() / fs::read_symlink(target, error);
  return target;
}

bool replaceable(const fs::path& target) {
  std::error_code error;
  const fs::file_status status = fs::status(target, error);
  return !fs::exists(status) || fs::is_regular_file(status);
}

void write_in_place(const fs::path& target, std::string_view text) {
  const int descriptor = ::open(target.c_str(), O_WRONLY | O_CLOEXEC);
  ssize_t wrote = descriptor < 0 ? -1 : 0;
  while (wrote >= 0 && !text.empty()) {
    wrote = ::write(descriptor, text.data(), text.size());
    if (wrote > 0) text.remove_prefix(static_cast<std::size_t>(wrote));
    if (wrote < 0 && errno == EINTR) wrote = 0;
  }
  const std::string why = std::strerror(errno);
  if (descriptor >= 0) ::close(descriptor);
  if (wrote < 0) throw EnvironmentError("cannot write " + target.string() + ": " + why);
}

}  // namespace

void require_writable(const std::string& file) {
  const fs::path target = target_of(file);
  std::error_code error;
  const fs::path parent = fs::absolute(target).parent_path();
  const auto refuse = [&](const std::string& why) { throw UsageError("cannot write " + file + ": " + why); };
  if (fs::is_directory(target, error)) refuse("it is a directory");
  if (!fs::is_directory(parent, error)) refuse("there is no directory " + parent.string());
  const bool in_place = !replaceable(target);
  if (::access(in_place ? target.c_str() : parent.c_str(), in_place ? W_OK : W_OK | X_OK) != 0)
    refuse(std::strerror(errno));
}

void write_named_file(const std::string& file, std::string_view text) {
  const fs::path target = target_of(file);
  replaceable(target) ? write_file(target, text) : write_in_place(target, text);
}

}  // namespace harness

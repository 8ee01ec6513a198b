#include "harness/verbs/named_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "harness/core/check.h"
#include "harness/core/write_mend.h"
#include "harness/run/store.h"

namespace harness {
namespace {

namespace fs = std::filesystem;

/// What a name leads to: a file of any kind, or one of the process's own descriptors.
struct Target {
  fs::path path;
  int descriptor = -1;  // /dev/stdout, /dev/fd/3: what is open there, be it a pipe or a redirected file
};

int descriptor_named(const fs::path& path) {
  const std::string folder = path.parent_path().string();
  const std::string own = "/proc/" + std::to_string(::getpid()) + "/fd";
  const std::string name = path.filename().string();
  int number = -1;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  const bool digits = error == std::errc{} && end == name.data() + name.size();
  return digits && (folder == "/proc/self/fd" || folder == "/dev/fd" || folder == own) ? number : -1;
}

/// Where a chain of links leads, whether or not something stands there. Links of /proc are not read: what
/// they seem to name ("pipe:[7]") is no path.
Target target_of(const std::string& file) {
  constexpr int kLinksAtMost = 40;  // as the kernel has it
  std::error_code error;
  Target target{file};
  for (int links = 0; links < kLinksAtMost; ++links) {
    target.descriptor = descriptor_named(target.path);
    if (target.descriptor >= 0 || !fs::is_symlink(fs::symlink_status(target.path, error))) break;
    target.path = target.path.parent_path() / fs::read_symlink(target.path, error);
  }
  return target;
}

bool replaceable(const Target& target) {
  std::error_code error;
  const fs::file_status status = fs::status(target.path, error);
  return target.descriptor < 0 && (!fs::exists(status) || fs::is_regular_file(status));
}

int open_in_place(const Target& target) {
  return target.descriptor >= 0 ? ::fcntl(target.descriptor, F_DUPFD_CLOEXEC, 0)
                                : ::open(target.path.c_str(), O_WRONLY | O_CLOEXEC);
}

void write_in_place(const Target& target, std::string_view text, const std::string& place) {
  const int descriptor = open_in_place(target);
  ssize_t wrote = descriptor < 0 ? -1 : 0;
  while (wrote >= 0 && !text.empty()) {
    wrote = ::write(descriptor, text.data(), text.size());
    if (wrote > 0) text.remove_prefix(static_cast<std::size_t>(wrote));
    if (wrote < 0 && errno == EINTR) wrote = 0;
  }
  const int reason = errno;
  if (descriptor >= 0) ::close(descriptor);
  if (wrote < 0)
    throw EnvironmentError("cannot write " + target.path.string() + ": " + std::strerror(reason) + "; " +
                           write_mend(reason, place));
}

bool opened_for_writing(int descriptor) {
  const int flags = ::fcntl(descriptor, F_GETFL);
  return flags >= 0 && (flags & O_ACCMODE) != O_RDONLY;
}

/// Why it could not be written; empty: it can.
std::string why_not_writable(const Target& target) {
  std::error_code error;
  if (target.descriptor >= 0)
    return opened_for_writing(target.descriptor) ? "" : "it is not open for writing";
  const fs::path parent = fs::absolute(target.path).parent_path();
  if (fs::is_directory(target.path, error)) return "it is a directory";
  if (!fs::is_directory(parent, error)) return "there is no directory " + parent.string();
  const bool in_place = !replaceable(target);
  if (::access(in_place ? target.path.c_str() : parent.c_str(), in_place ? W_OK : W_OK | X_OK) != 0)
    return std::strerror(errno);
  return "";
}

}  // namespace

void require_writable(const std::string& file, const std::string& option) {
  if (const std::string why = why_not_writable(target_of(file)); !why.empty())
    throw UsageError("cannot write " + file + ": " + why + "; choose another place with " + option + " FILE");
}

void write_named_file(const std::string& file, std::string_view text, const std::string& option) {
  const Target target = target_of(file);
  const std::string place = option + " FILE";
  replaceable(target) ? write_file(target.path, text, place) : write_in_place(target, text, place);
}

void append_to_named_file(const std::string& file, std::string_view text, const std::string& option) {
  std::ofstream out(file, std::ios::app | std::ios::binary);
  out << text << std::flush;
  if (!out)
    throw EnvironmentError("cannot write " + file + ": " + std::strerror(errno) + "; " +
                           write_mend(errno, option + " FILE"));
}

}  // namespace harness

#include "server/persistence/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

namespace node {

File& File::operator=(File&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

File::~File() {
  if (fd_ >= 0) close(fd_);
}

std::string errno_text() {
  return std::strerror(errno);
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

void sync_folder_of(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const File dir(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (dir) fsync(dir.fd());
}

std::string target_of_links(const std::string& path) {
  constexpr int kMost = 40;  // as the kernel follows
  std::error_code error;
  std::filesystem::path target = path;
  for (int i = 0; i < kMost; ++i) {
    const auto next = std::filesystem::read_symlink(target, error);
    if (error) break;
    target = next.is_absolute() ? next : target.parent_path() / next;
  }
  return target.string();
}

namespace {

/// What is there and no regular file is written as it is: a device, a FIFO that somebody reads.
std::optional<std::string> write_into(const std::string& path, const std::function<bool(int fd)>& write) {
  const File file(open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
  if (!file || fcntl(file.fd(), F_SETFL, 0) != 0 || !write(file.fd()))
    return "cannot write " + path + ": " + errno_text();
  return std::nullopt;
}

std::optional<std::string> replace_with(const std::string& name, bool sync,
                                        const std::function<bool(int fd)>& write) {
  const std::string path = target_of_links(name);
  struct stat info {};
  if (stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode)) return write_into(path, write);
  const std::string temporary = path + ".tmp-" + std::to_string(getpid());
  auto fail = [&](const char* what) {
    const std::string why = std::string(what) + " " + temporary + ": " + errno_text();
    unlink(temporary.c_str());
    return why;
  };
  {
    const File file(open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (!file) return fail("cannot create");
    if (!write(file.fd())) return fail("cannot write");
    if (sync && fsync(file.fd()) != 0) return fail("cannot fsync");
  }
  if (rename(temporary.c_str(), path.c_str()) != 0) return fail("cannot rename");
  if (sync) sync_folder_of(path);
  return std::nullopt;
}

}  // namespace

std::optional<std::string> replace_file(const std::string& path, std::string_view text, bool sync) {
  return replace_with(path, sync, [text](int fd) { return write_all(fd, text); });
}

std::optional<std::string> replace_file_by(const std::string& path,
                                           const std::function<bool(int fd)>& write) {
  return replace_with(path, true, write);
}

bool file_exists(const std::string& path) {
  return ::access(path.c_str(), F_OK) == 0;
}

std::optional<std::string> read_file(const std::string& path, std::string& out) {
  std::string why;
  const MappedFile file(path, why);
  if (!why.empty()) return why;
  out = file.bytes();
  return std::nullopt;
}

MappedFile::MappedFile(const std::string& path, std::string& why) {
  const File file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat info {};
  if (!file || fstat(file.fd(), &info) != 0) {
    why = "cannot read " + path + ": " + errno_text();
    return;
  }
  if (info.st_size == 0) return;
  void* p = mmap(nullptr, static_cast<std::size_t>(info.st_size), PROT_READ, MAP_PRIVATE, file.fd(), 0);
  if (p == MAP_FAILED) {
    why = "cannot map " + path + ": " + errno_text();
    return;
  }
  data_ = static_cast<const char*>(p);
  size_ = static_cast<std::size_t>(info.st_size);
}

MappedFile::~MappedFile() {
  if (data_) munmap(const_cast<char*>(data_), size_);
}

}  // namespace node

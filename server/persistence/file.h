/// Files as persistence needs them: every failure is a sentence, nothing half-written ever takes a name that
/// is read.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace node {

/// An owned descriptor.
class File {
 public:
  File() = default;
  explicit File(int fd) : fd_(fd) {}
  File(File&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  File& operator=(File&& other) noexcept;
  ~File();
  int fd() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

/// Writes all of it, over short writes and EINTR. False leaves errno.
bool write_all(int fd, std::string_view bytes);
/// Where the symbolic links that the path names lead, whether anything is there or not; of any other path:
/// itself.
std::string target_of_links(const std::string& path);
/// path is replaced by text, or stays as it was: temporary file, fsync (if asked), rename, fsync of the
/// folder. A link stays one, and its target is replaced; a device or FIFO is written as it is.
std::optional<std::string> replace_file(const std::string& path, std::string_view text, bool sync);
/// The same for what is too large for a text: `write` fills the temporary file, and leaves errno when it
/// fails.
std::optional<std::string> replace_file_by(const std::string& path, const std::function<bool(int fd)>& write);
std::optional<std::string> read_file(const std::string& path, std::string& out);
void sync_folder_of(const std::string& path);
bool file_exists(const std::string& path);
std::string errno_text();

/// A whole file, mapped for reading.
class MappedFile {
 public:
  /// Sets `why` on failure.
  MappedFile(const std::string& path, std::string& why);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  std::string_view bytes() const { return {data_, size_}; }

 private:
  const char* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace node

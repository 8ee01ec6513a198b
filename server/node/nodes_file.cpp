#include "server/node/nodes_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cinttypes>
#include <cstdio>
#include <utility>

#include "server/persistence/checksum.h"

namespace node {

namespace {

/// The first line of the recent file: its checksum covers what follows the line.
constexpr const char* kHeadFormat = "follows %016" PRIx64 " size %010zu checksum %016" PRIx64 "\n";
constexpr std::size_t kHeadBytes = 8 + 16 + 6 + 10 + 10 + 16 + 1;

std::string head(std::uint64_t follows, std::string_view text) {
  char line[kHeadBytes + 1];
  std::snprintf(line, sizeof line, kHeadFormat, follows, text.size(), crc64(0, text));
  return line;
}

}  // namespace

std::optional<std::string> NodesFile::open(std::string& text) {
  File file(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!file) return "Can't open " + path_ + " in order to acquire a lock: " + errno_text();
  if (flock(file.fd(), LOCK_EX | LOCK_NB) != 0)
    return "Sorry, the cluster configuration file " + path_ +
           " is already used by a different Redis Cluster node. Please make sure that different nodes use "
           "different "
           "cluster configuration files.";
  lock_ = std::move(file);
  if (auto why = read_file(path_, text)) return why;
  checksum_ = crc64(0, text);
  if (text.empty()) return std::nullopt;
  auto newer = read_recent();
  if (!newer) return std::nullopt;
  text = std::move(*newer);
  amended_ = true;
  if (auto why = open_recent()) return why;
  // On a full disk the text stays where it is: it follows nodes.conf as before, and the node can start.
  if (replace(text)) amended_ = true;
  return std::nullopt;
}

std::optional<std::string> NodesFile::open_recent() {
  if (!recent_) recent_ = File(::open(recent_path().c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
  if (!recent_) return "Can't open " + recent_path() + ": " + errno_text();
  return std::nullopt;
}

std::optional<std::string> NodesFile::read_recent() const {
  std::string bytes;
  if (!file_exists(recent_path()) || read_file(recent_path(), bytes) || bytes.size() < kHeadBytes)
    return std::nullopt;
  std::uint64_t follows = 0, checksum = 0;
  std::size_t size = 0;
  if (std::sscanf(bytes.c_str(), "follows %" SCNx64 " size %zu checksum %" SCNx64, &follows, &size,
                  &checksum) != 3)
    return std::nullopt;
  if (follows != checksum_ || size > bytes.size() - kHeadBytes) return std::nullopt;
  std::string text = bytes.substr(kHeadBytes, size);
  if (crc64(0, text) != checksum) return std::nullopt;
  return text;
}

/// The lock belongs to the file, and the file is replaced: the new one is locked before it takes the name, so
/// that there is no moment without a lock.
std::optional<std::string> NodesFile::replace(std::string_view text) {
  const std::string temporary = path_ + ".tmp-" + std::to_string(getpid());
  File file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  const bool written = file && flock(file.fd(), LOCK_EX | LOCK_NB) == 0 && write_all(file.fd(), text) &&
                       fsync(file.fd()) == 0 && rename(temporary.c_str(), path_.c_str()) == 0;
  if (!written) {
    const std::string why = errno_text();
    unlink(temporary.c_str());
    return why;
  }
  sync_folder_of(path_);
  lock_ = std::move(file);
  checksum_ = crc64(0, text);
  // Should ever the same text be saved again, what followed it then must not follow it now.
  if (std::exchange(amended_, false) && pwrite(recent_.fd(), "-", 1, 0) != 1) return errno_text();
  return std::nullopt;
}

std::optional<std::string> NodesFile::amend(std::string_view text) {
  if (auto why = open_recent()) return why;
  const std::string bytes = head(checksum_, text) + std::string(text);
  amended_ = true;
  const ssize_t written = pwrite(recent_.fd(), bytes.data(), bytes.size(), 0);
  if (written == static_cast<ssize_t>(bytes.size())) return std::nullopt;
  return written < 0 ? errno_text() : "it was written in part";
}

}  // namespace node

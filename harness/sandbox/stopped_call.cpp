#include "harness/sandbox/stopped_call.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <fstream>
#include <string>

#include "harness/sandbox/file_descriptor.h"

#ifndef SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (1UL << 0)
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64)
#endif

namespace harness {
namespace {

namespace fs = std::filesystem;

fs::path link_target(const std::string& link) {
  std::error_code error;
  return fs::read_symlink(link, error);
}

/// Bytes of the caller's memory; as many as can be read.
std::string memory_of(std::uint32_t pid, std::uint64_t address, std::size_t count) {
  std::string bytes(count, '\0');
  const iovec here{bytes.data(), count};
  const iovec there{reinterpret_cast<void*>(address), count};  // NOLINT(performance-no-int-to-ptr)
  const ssize_t got = ::process_vm_readv(static_cast<pid_t>(pid), &here, 1, &there, 1, 0);
  bytes.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
  return bytes;
}

// A caller that died meanwhile needs no answer: the kernel says ENOENT then.
void send(int listener, seccomp_notif_resp& response) {
  (void)::ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
}

}  // namespace

std::optional<StoppedCall> StoppedCall::receive(int listener) {
  seccomp_notif call{};
  if (::ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) != 0) return std::nullopt;
  return StoppedCall(call);
}

bool StoppedCall::is_sync() const {
  return call_.data.nr == SYS_fsync || call_.data.nr == SYS_fdatasync;
}

bool StoppedCall::is_rename() const {
#if defined(SYS_rename)
  if (call_.data.nr == SYS_rename) return true;
#endif
  return call_.data.nr == SYS_renameat || call_.data.nr == SYS_renameat2;
}

std::string StoppedCall::process(const char* what) const {
  return "/proc/" + std::to_string(call_.pid) + "/" + what;
}

fs::path StoppedCall::file() const {
  return link_target(process("fd/") + std::to_string(static_cast<int>(call_.data.args[0])));
}

bool StoppedCall::appends() const {
  std::ifstream info(process("fdinfo/") + std::to_string(static_cast<int>(call_.data.args[0])));
  for (std::string word; info >> word;)
    if (word == "flags:" && info >> word) return (std::strtoul(word.c_str(), nullptr, 8) & O_APPEND) != 0;
  return false;
}

std::optional<std::string> StoppedCall::text_at(std::uint64_t address) const {
  constexpr std::uint64_t kPage = 4096;
  std::string text;
  while (text.size() < PATH_MAX) {
    // Never beyond a page: the next one may not be there.
    const std::string part = memory_of(call_.pid, address, kPage - address % kPage);
    if (part.empty()) return std::nullopt;
    const std::size_t end = part.find('\0');
    text += part.substr(0, end);
    if (end != std::string::npos) return text;
    address += part.size();
  }
  return std::nullopt;
}

std::optional<fs::path> StoppedCall::path_at(std::uint64_t address, int folder) const {
  const auto text = text_at(address);
  if (!text) return std::nullopt;
  const fs::path path(*text);
  const fs::path base =
      link_target(folder == AT_FDCWD ? process("cwd") : process("fd/") + std::to_string(folder));
  // As the kernel names what descriptors mean: without links. An absolute path leaves the base out.
  std::error_code error;
  return fs::weakly_canonical(base / path, error);
}

std::optional<std::pair<fs::path, fs::path>> StoppedCall::renamed() const {
  const auto& args = call_.data.args;
  bool at_folders = true;
#if defined(SYS_rename)
  at_folders = call_.data.nr != SYS_rename;
#endif
  const auto from = at_folders ? path_at(args[1], static_cast<int>(args[0])) : path_at(args[0], AT_FDCWD);
  const auto to = at_folders ? path_at(args[3], static_cast<int>(args[2])) : path_at(args[1], AT_FDCWD);
  if (!from || !to) return std::nullopt;
  return std::pair(*from, *to);
}

std::optional<std::int64_t> StoppedCall::write_in_its_place(std::int64_t most) const {
  const auto wanted = static_cast<std::int64_t>(std::min<std::uint64_t>(call_.data.args[2], INT64_MAX));
  if (call_.data.nr != SYS_write || wanted <= most || !appends()) return std::nullopt;
  const std::string bytes = memory_of(call_.pid, call_.data.args[1], static_cast<std::size_t>(most));
  if (bytes.size() != static_cast<std::size_t>(most)) return std::nullopt;
  const FileDescriptor again(
      ::open((process("fd/") + std::to_string(static_cast<int>(call_.data.args[0]))).c_str(),
             O_WRONLY | O_APPEND | O_CLOEXEC));
  if (!again) return std::nullopt;
  const ssize_t written = ::write(again.get(), bytes.data(), bytes.size());
  return written < 0 ? std::nullopt : std::optional<std::int64_t>(written);
}

void let_go_on(int listener, std::uint64_t id) {
  seccomp_notif_resp response{};
  response.id = id;
  response.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
  send(listener, response);
}

void answer(int listener, std::uint64_t id, std::int64_t value, int error) {
  seccomp_notif_resp response{};
  response.id = id;
  response.val = error == 0 ? value : 0;
  response.error = -error;
  send(listener, response);
}

void prefer_quick_wakeups(int listener) {
  // A kernel that does not know it refuses, and all goes on as before.
  (void)::ioctl(listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
}

}  // namespace harness

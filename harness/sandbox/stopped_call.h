// One system call of a server that the kernel has stopped until we answer (seccomp user notification).
#pragma once

#include <linux/seccomp.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <utility>

namespace harness {

class StoppedCall {
 public:
  /// The next one; nothing when its caller died before it could be read.
  static std::optional<StoppedCall> receive(int listener);

  std::uint64_t id() const { return call_.id; }
  bool is_sync() const;    // fsync, fdatasync
  bool is_rename() const;  // rename, renameat, renameat2; else it is a write

  /// The file that its descriptor means; "socket:[17]" and the like for what is none.
  std::filesystem::path file() const;
  /// Whether that descriptor writes at the end of the file always.
  bool appends() const;
  /// The two absolute paths of a rename; nothing when they could not be read.
  std::optional<std::pair<std::filesystem::path, std::filesystem::path>> renamed() const;
  /// Writes the first bytes of what the caller wants to append to its file; how many, or nothing when that is
  /// no plain write at the end of a file, or wants no more than that anyway.
  std::optional<std::int64_t> write_in_its_place(std::int64_t most) const;

 private:
  explicit StoppedCall(const seccomp_notif& call) : call_(call) {}
  std::string process(const char* what) const;
  std::optional<std::string> text_at(std::uint64_t address) const;
  std::optional<std::filesystem::path> path_at(std::uint64_t address, int folder) const;

  seccomp_notif call_;
};

/// The call goes on as if nothing had been.
void let_go_on(int listener, std::uint64_t id);
/// The call is answered and never reaches the kernel: with the error, or if that is 0 with the value.
void answer(int listener, std::uint64_t id, std::int64_t value, int error);
/// Lets the kernel switch between caller and us without a detour, where it can (Linux 6.6).
void prefer_quick_wakeups(int listener);

}  // namespace harness

// What of a server's files is on the disk for good: what it had synced. The rest is what a loss of power
// takes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace harness {

/// Thread-safe. It is told of syncs and renames as they begin: one that is under way counts as done, which is
/// as lawful as that it is not.
class DurableFiles {
 public:
  /// Only files below these paths count: folders, or files by name.
  explicit DurableFiles(std::vector<std::filesystem::path> roots) : roots_(std::move(roots)) {}

  bool owns(const std::filesystem::path& path) const;

  /// The file as it is now will survive. `appended`: it is only ever written at its end, so that its length
  /// says it all.
  void synced(const std::filesystem::path& path, bool appended);
  /// What is known of the one is known of the other from now on: the rename of what was synced is durable at
  /// once. That of what was not is lost with it, as file systems have it that write a file before its name.
  void renamed(const std::filesystem::path& from, const std::filesystem::path& to);

  struct Loss {
    std::filesystem::path path;
    std::uint64_t before = 0;  // bytes
    std::uint64_t after = 0;
    /// Bytes that went, or were replaced by what stood there before.
    std::uint64_t lost = 0;
  };
  /// Takes from every file what was not synced, as a loss of power does; one that never was is left empty.
  /// Returns the files that changed. REQUIRES: nobody writes them. Throws EnvironmentError.
  std::vector<Loss> lose_the_rest();

 private:
  struct Durable {
    std::uint64_t length = 0;
    std::optional<std::string> content;  // of a file that may be written anywhere
  };
  std::vector<std::filesystem::path> files() const;
  Loss lose(const std::filesystem::path& path, const Durable& durable) const;

  const std::vector<std::filesystem::path> roots_;
  mutable std::mutex mutex_;
  std::map<std::filesystem::path, Durable> durable_;  // guarded by mutex_
};

}  // namespace harness

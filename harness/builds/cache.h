// The folder that outlives runs: compiled servers, unpacked sources, apt's lists. Safe for several runs at
// once: every entry is made under a lock in a folder of its own, and appears whole, by a rename.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace harness {

/// $XDG_CACHE_HOME/redis-cluster-harness, else ~/.cache/…; where neither can be written, a folder of the
/// user's in TMPDIR. Throws EnvironmentError when nothing can be.
std::filesystem::path default_cache_folder();

/// An exclusive lock on a file, for as long as the object lives; the kernel lets go of it when its holder
/// dies.
class FileLock {
 public:
  /// Waits for it; `on_wait` is called several times a second while another holds it, and what it throws ends
  /// the waiting.
  FileLock(const std::filesystem::path& path, const std::function<void()>& on_wait);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  int fd_ = -1;
};

class Cache {
 public:
  explicit Cache(std::filesystem::path folder);
  const std::filesystem::path& folder() const { return folder_; }

  /// The entry's folder. When there is none yet, `make(folder)` fills a fresh folder, which becomes the entry
  /// when it returns; what it throws leaves no entry. Two that want the same entry at once make it once. What
  /// a killed maker left behind is cleared away by the next. `kind`: "builds", "sources"; `key`: a file name.
  std::filesystem::path entry(const std::string& kind, const std::string& key,
                              const std::function<void(const std::filesystem::path&)>& make,
                              const std::function<void(std::string_view)>& say) const;
  FileLock lock(const std::string& key, const std::function<void(std::string_view)>& say) const;

 private:
  std::filesystem::path folder_;
};

}  // namespace harness

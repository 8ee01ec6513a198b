/// The append-only file in redis 7's multi-part layout: a folder with a manifest, one base (a dump file) and
/// one or more increments of commands.
///
/// What is promised. With appendfsync always a reply is sent only after its command is on disk (flush()
/// before the replies). The manifest is replaced atomically, and names a file only after that file exists, so
/// a crash at any moment leaves a set of files that loads; nothing that is not listed is ever read. A torn
/// command at the end of the last increment is cut off when aof-load-truncated says so.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "server/persistence/aof_manifest.h"
#include "server/persistence/file.h"

namespace node {

class Aof {
 public:
  enum class Sync { always, everysec, no };
  struct Settings {
    std::string folder = "appendonlydir";
    std::string name = "appendonly.aof";
    Sync sync = Sync::everysec;
    bool load_truncated = true;
    bool dump_base = true;      ///< aof-use-rdb-preamble: a new base is a dump file, not commands
    bool timestamps = false;    ///< aof-timestamp-enabled: `#TS:seconds` before the first command of a second
    bool keep_history = false;  ///< aof-disable-auto-gc
  };
  /// What loading calls: a dump image (returns a reason when it is malformed), and each command.
  struct Loader {
    std::function<std::optional<std::string>(std::string_view image, std::size_t& consumed)> image;
    std::function<std::optional<std::string>(const std::vector<std::string_view>& argv)> command;
  };

  explicit Aof(Settings settings) : settings_(std::move(settings)) {}
  ~Aof();

  /// Folder and name stay what they were at the start.
  void change(const Settings& settings);

  /// Whether files of an earlier run are there.
  bool exists() const;
  /// Replays them. A text says what is wrong; nothing was changed on disk then, except a cut tail.
  std::optional<std::string> load(const Loader& loader, const std::function<void(const std::string&)>& log);
  /// Opens the last increment for appending, after load(). Where there is none yet, one is made, and before
  /// it a base, which `write_base` writes to the path it is given.
  using WriteBase = std::function<std::optional<std::string>(const std::string& path)>;
  std::optional<std::string> open_for_append(const WriteBase& write_base);
  bool is_open() const { return static_cast<bool>(increment_); }
  /// Whether the next start would read what is appended: not before the first base is written.
  bool is_listed() const { return increment_ && !temporary_; }
  /// Stops appending: flushed and fsynced.
  void close();

  /// Adds a command; SELECT goes before it when the database differs from the last one's.
  void append(int db, std::string_view resp, std::int64_t now_s);
  /// Writes what was added, and syncs as configured. A text: it could not be written; what was added is kept
  /// and tried again, the file holds whole commands only.
  std::optional<std::string> flush(std::int64_t now_ms, bool force_sync = false);
  /// Bytes of memory held for what is not written yet.
  std::size_t buffered() const { return pending_.capacity(); }
  const std::string& last_error() const { return error_; }

  // Rewriting. begin: commands from now on go to a new increment; when nothing was appended so far, and is to
  // be from now on (`appending`), to a temporary one, that becomes the first when the rewrite succeeds and
  // goes when it fails. Then a child writes the data to base_temporary().
  std::optional<std::string> begin_rewrite(bool appending);
  std::string base_temporary() const;
  bool dump_base() const { return settings_.dump_base; }
  /// The child is done: the new base takes over and the old files go.
  std::optional<std::string> finish_rewrite(bool child_succeeded,
                                            const std::function<void(const std::string&)>& log);

  /// Of all files that load() would replay.
  std::uint64_t bytes_on_disk() const;
  std::uint64_t size() const { return base_size_ + increments_size_; }
  std::uint64_t base_size() const { return base_size_; }

 private:
  using Part = AofManifest::Part;
  std::string path(const std::string& file) const { return settings_.folder + "/" + file; }
  std::string manifest_path() const { return path(settings_.name + ".manifest"); }
  std::optional<std::string> read_manifest();
  std::optional<std::string> write_manifest();
  std::optional<std::string> adopt_old_file();
  std::optional<std::string> open_increment(const Part& part, bool listed);
  Part next_part(char type) const;
  std::string temporary_increment() const { return "temp-" + settings_.name + ".incr.aof"; }
  std::optional<std::string> load_part(const Part& part, bool last, const Loader& loader,
                                       const std::function<void(const std::string&)>& log);
  void drop_history();
  void sync_in_background();
  void sync_worker();

  Settings settings_;
  AofManifest manifest_;
  File increment_;
  std::string pending_;
  std::string error_;
  int selected_db_ = -1;
  std::uint64_t base_size_ = 0, increments_size_ = 0, written_ = 0;
  std::int64_t last_sync_ms_ = 0;
  bool unsynced_ = false;
  bool temporary_ = false;      ///< increment_ has its temporary name, and is listed when the base is done
  std::int64_t stamped_s_ = 0;  ///< the last timestamp in the increment

  std::mutex mutex_;
  std::condition_variable changed_;
  std::thread worker_;
  int sync_fd_ = -1;  ///< what the worker is to sync; guarded by mutex_
  bool stopping_ = false;
  std::atomic<int> sync_errno_ = 0;  ///< of the last fsync in the background; 0: it succeeded
};

}  // namespace node

#include "server/persistence/aof.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "server/resp/parser.h"

namespace node {

namespace {
std::uint64_t size_of(const std::string& path) {
  struct stat info {};
  return stat(path.c_str(), &info) == 0 ? static_cast<std::uint64_t>(info.st_size) : 0;
}
constexpr std::size_t kWorthKeeping = 1 << 20;
}  // namespace

Aof::~Aof() {
  close();
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (worker_.joinable()) worker_.join();
}

void Aof::change(const Settings& settings) {
  settings_.sync = settings.sync;
  settings_.load_truncated = settings.load_truncated;
  settings_.dump_base = settings.dump_base;
  settings_.timestamps = settings.timestamps;
  settings_.keep_history = settings.keep_history;
  drop_history();
}

bool Aof::exists() const {
  return file_exists(manifest_path()) || file_exists(settings_.name);
}

std::optional<std::string> Aof::read_manifest() {
  std::string text;
  if (auto why = read_file(manifest_path(), text)) return why;
  return AofManifest::parse(text, manifest_);
}

std::optional<std::string> Aof::write_manifest() {
  return replace_file(manifest_path(), manifest_.str(), true);
}

std::uint64_t Aof::bytes_on_disk() const {
  std::string text;
  AofManifest manifest;
  if (!file_exists(manifest_path()) || read_file(manifest_path(), text) || AofManifest::parse(text, manifest))
    return size_of(settings_.name);
  std::uint64_t bytes = 0;
  for (const Part& p : manifest.parts)
    if (p.type != 'h') bytes += size_of(path(p.file));
  return bytes;
}

/// A single file of redis 6, in the server's own folder, becomes the base. The manifest comes first: if
/// the move does not, the next start finds the file by it.
std::optional<std::string> Aof::adopt_old_file() {
  if (!file_exists(manifest_path())) {
    mkdir(settings_.folder.c_str(), 0755);
    manifest_.parts = {{settings_.name, 1, 'b'}};
    if (auto why = write_manifest()) return why;
  } else if (auto why = read_manifest()) {
    return why;
  }
  const bool wanted = std::any_of(manifest_.parts.begin(), manifest_.parts.end(), [this](const Part& p) {
    return p.type == 'b' && p.file == settings_.name;
  });
  if (!wanted || file_exists(path(settings_.name)) || !file_exists(settings_.name)) return std::nullopt;
  if (rename(settings_.name.c_str(), path(settings_.name).c_str()) != 0)
    return "cannot move " + settings_.name + " into " + settings_.folder + ": " + errno_text();
  sync_folder_of(path(settings_.name));
  return std::nullopt;
}

std::optional<std::string> Aof::load(const Loader& loader,
                                     const std::function<void(const std::string&)>& log) {
  if (auto why = adopt_old_file()) return why;
  for (const Part& p : manifest_.parts)
    if (p.type != 'h' && !file_exists(path(p.file)))
      return "The AOF file " + p.file + " cannot be read: No such file or directory";
  base_size_ = increments_size_ = 0;
  const Part* last = manifest_.last_increment();
  for (const Part& p : manifest_.parts) {
    if (p.type == 'h') continue;
    if (auto why = load_part(p, !last || &p == last, loader, log)) return why;
    (p.type == 'b' ? base_size_ : increments_size_) += size_of(path(p.file));
  }
  drop_history();
  return std::nullopt;
}

std::optional<std::string> Aof::load_part(const Part& part, bool last, const Loader& loader,
                                          const std::function<void(const std::string&)>& log) {
  std::string why;
  const MappedFile file(path(part.file), why);
  if (!why.empty()) return why;
  const std::string_view all = file.bytes();
  std::size_t start = 0;  // where the parser began
  if (all.starts_with("REDIS"))
    if (auto trouble = loader.image(all, start)) return path(part.file) + ": " + *trouble;
  RequestParser parser;
  // A transaction that is not whole at the end is cut off as one.
  std::size_t whole = start;
  bool in_multi = false;
  std::vector<std::vector<std::string>> held;
  auto bad_format = [&](std::size_t at) {
    return "Bad file format reading the append only file " + path(part.file) + " at offset " +
           std::to_string(at);
  };
  for (;;) {
    const std::size_t at = start + parser.consumed();
    if (at < all.size() && all[at] == '#') {  // an annotation, such as a timestamp
      const std::size_t end = all.find('\n', at);
      if (end == std::string_view::npos) break;
      parser = RequestParser();
      start = end + 1;
      if (!in_multi) whole = start;
      continue;
    }
    if (at < all.size() && all[at] != '*') return bad_format(at);
    const auto status = parser.next(all.substr(start), ParserLimits{INT64_MAX / 4, true});
    if (status == RequestParser::Status::error)
      return bad_format(start + parser.consumed()) + ": " + parser.error();
    if (status == RequestParser::Status::need_more) break;
    const auto& argv = parser.argv();
    if (argv.empty()) continue;
    auto named = [&](std::string_view name) {
      return argv[0].size() == name.size() && strncasecmp(argv[0].data(), name.data(), name.size()) == 0;
    };
    if (named("multi")) {
      in_multi = true;
      held.clear();
    } else if (named("exec")) {
      in_multi = false;
      for (const auto& words : held)
        if (auto trouble = loader.command(std::vector<std::string_view>(words.begin(), words.end())))
          return trouble;
      held.clear();
    } else if (in_multi) {
      held.emplace_back(argv.begin(), argv.end());
    } else if (auto trouble = loader.command(argv)) {
      return trouble;
    }
    if (!in_multi) whole = start + parser.consumed();
  }
  if (whole == all.size()) return std::nullopt;
  if (!last || !settings_.load_truncated)
    return "Unexpected end of file reading the append only file " + path(part.file) +
           (last ? ". aof-load-truncated is no: cut the file after offset " + std::to_string(whole) +
                       " by hand"
                 : ", which is not the last one");
  log("The append only file " + path(part.file) + " is cut off after " + std::to_string(whole) +
      " bytes; a command torn at its end is dropped (aof-load-truncated)");
  if (truncate(path(part.file).c_str(), static_cast<off_t>(whole)) != 0)
    return "cannot truncate " + path(part.file) + ": " + errno_text();
  return std::nullopt;
}

Aof::Part Aof::next_part(char type) const {
  const std::int64_t seq = manifest_.next_seq(type);
  const char* suffix = type == 'i' ? ".incr.aof" : settings_.dump_base ? ".base.rdb" : ".base.aof";
  return {settings_.name + "." + std::to_string(seq) + suffix, seq, type};
}

/// An empty file takes the place of the one appended to so far. `listed`: the manifest names it first, so
/// that nothing is ever appended to a file that the next start does not read.
std::optional<std::string> Aof::open_increment(const Part& part, bool listed) {
  File file(open(path(part.file).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644));
  if (!file) return "cannot create " + path(part.file) + ": " + errno_text();
  if (listed) {
    manifest_.parts.push_back(part);
    if (auto why = write_manifest()) {
      manifest_.parts.pop_back();
      unlink(path(part.file).c_str());
      return why;
    }
  }
  const std::lock_guard lock(mutex_);
  increment_ = std::move(file);
  selected_db_ = -1;
  written_ = 0;
  stamped_s_ = 0;
  return std::nullopt;
}

std::optional<std::string> Aof::open_for_append(const WriteBase& write_base) {
  if (mkdir(settings_.folder.c_str(), 0755) != 0 && errno != EEXIST)
    return "cannot create the folder " + settings_.folder + ": " + errno_text();
  if (manifest_.parts.empty() && file_exists(manifest_path()))
    if (auto why = read_manifest()) return why;
  if (const Part* last = manifest_.last_increment()) {
    const std::string name = path(last->file);
    File file(open(name.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
    if (!file) return "cannot open " + name + ": " + errno_text();
    increment_ = std::move(file);
    written_ = size_of(name);
    selected_db_ = -1;
    return std::nullopt;
  }
  if (manifest_.parts.empty()) {
    const Part base = next_part('b');
    if (auto why = write_base(path(base.file))) return why;
    manifest_.parts.push_back(base);
    base_size_ = size_of(path(base.file));
  }
  return open_increment(next_part('i'), true);
}

void Aof::close() {
  if (!increment_) return;
  flush(0, true);
  {
    const std::lock_guard lock(mutex_);
    increment_ = File();
  }
  if (std::exchange(temporary_, false)) unlink(path(temporary_increment()).c_str());
}

void Aof::append(int db, std::string_view resp, std::int64_t now_s) {
  if (settings_.timestamps && now_s > stamped_s_) {
    pending_ += "#TS:" + std::to_string(now_s) + "\r\n";
    stamped_s_ = now_s;
  }
  if (db != selected_db_) {
    const std::string number = std::to_string(db);
    pending_ += "*2\r\n$6\r\nSELECT\r\n$" + std::to_string(number.size()) + "\r\n" + number + "\r\n";
    selected_db_ = db;
  }
  pending_.append(resp);
}

std::optional<std::string> Aof::flush(std::int64_t now_ms, bool force_sync) {
  if (!increment_) return std::nullopt;
  if (!pending_.empty()) {
    if (!write_all(increment_.fd(), pending_)) {
      error_ = errno_text();
      // Whole commands only: what was written of this batch goes again.
      if (ftruncate(increment_.fd(), static_cast<off_t>(written_)) != 0)
        error_ += "; and the partial write could not be undone: " + errno_text();
      return "Error writing to the AOF file: " + error_;
    }
    written_ += pending_.size();
    increments_size_ += pending_.size();
    if (pending_.capacity() > kWorthKeeping) std::string().swap(pending_);
    pending_.clear();
    unsynced_ = true;
  }
  error_.clear();
  if (!unsynced_ && sync_errno_ == 0) return std::nullopt;
  if (settings_.sync == Sync::always || force_sync) {
    if (fdatasync(increment_.fd()) != 0) {
      error_ = errno_text();
      return "Can't persist AOF for fsync error: " + error_;
    }
    unsynced_ = false;
  } else if (settings_.sync == Sync::everysec && now_ms - last_sync_ms_ >= 1000) {
    last_sync_ms_ = now_ms;
    unsynced_ = false;
    sync_in_background();
  }
  if (const int number = sync_errno_; number != 0 && settings_.sync == Sync::everysec) {
    unsynced_ = true;  // tried again every second
    error_ = std::strerror(number);
    return "Can't persist AOF for fsync error: " + error_;
  }
  return std::nullopt;
}

void Aof::sync_in_background() {
  const std::lock_guard lock(mutex_);
  if (!worker_.joinable()) worker_ = std::thread([this] { sync_worker(); });
  if (sync_fd_ < 0) sync_fd_ = dup(increment_.fd());
  changed_.notify_one();
}

void Aof::sync_worker() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || sync_fd_ >= 0; });
    if (sync_fd_ < 0) return;
    const File file(sync_fd_);
    sync_fd_ = -1;
    lock.unlock();
    sync_errno_ = fdatasync(file.fd()) == 0 ? 0 : errno;
    lock.lock();
  }
}

std::string Aof::base_temporary() const {
  return path("temp-base-" + settings_.name + (settings_.dump_base ? ".rdb" : ".aof"));
}

std::optional<std::string> Aof::begin_rewrite(bool appending) {
  if (mkdir(settings_.folder.c_str(), 0755) != 0 && errno != EEXIST)
    return "cannot create the folder " + settings_.folder + ": " + errno_text();
  // Numbers go on after those of an earlier life.
  if (manifest_.parts.empty() && file_exists(manifest_path()))
    if (auto why = read_manifest()) return why;
  if (!appending) return std::nullopt;
  if (!increment_ || temporary_) {
    if (auto why = open_increment({temporary_increment(), 0, 'i'}, false)) return why;
    temporary_ = true;
    return std::nullopt;
  }
  if (auto why = flush(0, true)) return why;
  return open_increment(next_part('i'), true);
}

std::optional<std::string> Aof::finish_rewrite(bool child_succeeded,
                                               const std::function<void(const std::string&)>& log) {
  const std::string temporary = base_temporary();
  auto give_up = [&](const std::string& why) {
    unlink(temporary.c_str());
    if (temporary_) {
      log("Removing the temp incr aof file " + temporary_increment() + " because it was never listed");
      pending_.clear();
      close();
    }
    return why;
  };
  if (!child_succeeded) return give_up("the child that rewrote the append only file failed");
  const AofManifest before = manifest_;
  const Part base = next_part('b');
  if (rename(temporary.c_str(), path(base.file).c_str()) != 0)
    return give_up("cannot rename " + temporary + ": " + errno_text());
  // Everything before the increment that the rewrite began is in the base now.
  std::optional<Part> kept;
  if (increment_ && !temporary_) kept = *manifest_.last_increment();
  const Part first = next_part('i');
  manifest_.supersede(base, kept ? &*kept : nullptr);
  if (temporary_) {
    if (rename(path(temporary_increment()).c_str(), path(first.file).c_str()) != 0) {
      manifest_ = before;
      return give_up("cannot rename " + temporary_increment() + ": " + errno_text());
    }
    manifest_.parts.push_back(first);
  }
  if (auto why = write_manifest()) {
    manifest_ = before;
    if (temporary_) rename(path(first.file).c_str(), path(temporary_increment()).c_str());
    return give_up(*why);
  }
  temporary_ = false;
  base_size_ = size_of(path(base.file));
  increments_size_ = increment_ ? written_ : 0;
  drop_history();
  return std::nullopt;
}

void Aof::drop_history() {
  if (settings_.keep_history || !manifest_.has_history()) return;
  std::vector<Part> gone;
  std::erase_if(manifest_.parts,
                [&](const Part& p) { return p.type == 'h' ? (gone.push_back(p), true) : false; });
  if (write_manifest()) return;  // tried again at the next start
  for (const Part& p : gone) unlink(path(p.file).c_str());
}

}  // namespace node

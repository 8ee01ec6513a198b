#include "server/persistence/aof.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <sstream>

#include "server/keyspace/number.h"
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

bool Aof::exists() const {
  return file_exists(manifest_path()) || file_exists(settings_.name);
}

std::int64_t Aof::next_seq(char type) const {
  std::int64_t seq = 0;
  for (const Part& p : parts_)
    if (p.type == type ||
        (p.type == 'h' && p.file.find(type == 'b' ? ".base." : ".incr.") != std::string::npos))
      seq = std::max(seq, p.seq);
  return seq + 1;
}

std::optional<std::string> Aof::read_manifest() {
  parts_.clear();
  std::string text;
  if (auto why = read_file(manifest_path(), text)) return why;
  std::istringstream in(text);
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (line.empty() || line[0] == '#') continue;
    std::vector<std::string> w;
    const bool split = split_words(line, w);
    Part part{"", 0, 0};
    for (std::size_t i = 0; split && i + 1 < w.size(); i += 2) {
      if (w[i] == "file") part.file = w[i + 1];
      if (w[i] == "seq") part.seq = parse_integer(w[i + 1]).value_or(0);
      if (w[i] == "type" && w[i + 1].size() == 1) part.type = w[i + 1][0];
    }
    if (part.file.empty() || part.file.find('/') != std::string::npos || part.seq < 1 ||
        (part.type != 'b' && part.type != 'i' && part.type != 'h'))
      return "Invalid AOF manifest file format at line " + std::to_string(number);
    parts_.push_back(std::move(part));
  }
  if (parts_.empty()) return "Found an empty AOF manifest";
  return std::nullopt;
}

std::uint64_t Aof::bytes_on_disk() {
  if (!file_exists(manifest_path())) return size_of(settings_.name);
  std::uint64_t bytes = 0;
  if (!read_manifest())
    for (const Part& p : parts_)
      if (p.type != 'h') bytes += size_of(path(p.file));
  return bytes;
}

std::optional<std::string> Aof::write_manifest() {
  std::string text;
  for (const Part& p : parts_) {
    const bool plain = p.file.find_first_of(" \"\\") == std::string::npos;
    text += "file " + (plain ? p.file : "\"" + p.file + "\"") + " seq " + std::to_string(p.seq) + " type " +
            p.type + "\n";
  }
  return replace_file(manifest_path(), text, true);
}

std::optional<std::string> Aof::load(const Loader& loader,
                                     const std::function<void(const std::string&)>& log) {
  if (!file_exists(manifest_path())) {
    // A single file of redis 6: it becomes the base.
    mkdir(settings_.folder.c_str(), 0755);
    if (rename(settings_.name.c_str(), path(settings_.name).c_str()) != 0)
      return "cannot move " + settings_.name + " into " + settings_.folder + ": " + errno_text();
    parts_ = {{settings_.name, 1, 'b'}};
    if (auto why = write_manifest()) return why;
  }
  if (auto why = read_manifest()) return why;
  base_size_ = increments_size_ = 0;
  const auto last = std::find_if(parts_.rbegin(), parts_.rend(), [](const Part& p) { return p.type != 'h'; });
  for (const Part& p : parts_) {
    if (p.type == 'h') continue;
    if (auto why = load_part(p, &p == &*last, loader, log)) return why;
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
  std::string_view bytes = file.bytes();
  std::size_t start = 0;
  if (bytes.starts_with("REDIS")) {
    if (auto trouble = loader.image(bytes, start)) return path(part.file) + ": " + *trouble;
    bytes.remove_prefix(start);
  }
  RequestParser parser;
  // A transaction that is not whole at the end is cut off as one.
  std::size_t whole = 0;
  bool in_multi = false;
  std::vector<std::vector<std::string>> held;
  for (;;) {
    const std::size_t at = parser.consumed();
    if (at < bytes.size() && bytes[at] == '#') {  // a timestamp annotation
      const std::size_t end = bytes.find('\n', at);
      if (end == std::string_view::npos) break;
      parser = RequestParser();
      bytes.remove_prefix(end + 1);
      start += end + 1;
      whole = 0;
      continue;
    }
    if (at < bytes.size() && bytes[at] != '*')
      return "Bad file format reading the append only file " + path(part.file) + " at offset " +
             std::to_string(start + at);
    const auto status = parser.next(bytes, ParserLimits{INT64_MAX / 4, true});
    if (status == RequestParser::Status::error)
      return "Bad file format reading the append only file " + path(part.file) + " at offset " +
             std::to_string(start + parser.consumed()) + ": " + parser.error();
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
    if (!in_multi) whole = parser.consumed();
  }
  if (whole == bytes.size()) return std::nullopt;
  if (!last || !settings_.load_truncated)
    return "Unexpected end of file reading the append only file " + path(part.file) +
           (last ? ". aof-load-truncated is no: cut the file after offset " + std::to_string(start + whole) +
                       " by hand"
                 : ", which is not the last one");
  log("The append only file " + path(part.file) + " is cut off after " + std::to_string(start + whole) +
      " bytes; a command torn at its end is dropped (aof-load-truncated)");
  if (truncate(path(part.file).c_str(), static_cast<off_t>(start + whole)) != 0)
    return "cannot truncate " + path(part.file) + ": " + errno_text();
  return std::nullopt;
}

std::optional<std::string> Aof::new_increment(Part& part) {
  part.seq = next_seq('i');
  part.type = 'i';
  part.file = settings_.name + "." + std::to_string(part.seq) + ".incr.aof";
  File file(open(path(part.file).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644));
  if (!file) return "cannot create " + path(part.file) + ": " + errno_text();
  increment_ = std::move(file);
  selected_db_ = -1;
  written_ = 0;
  return std::nullopt;
}

std::optional<std::string> Aof::open_for_append() {
  if (mkdir(settings_.folder.c_str(), 0755) != 0 && errno != EEXIST)
    return "cannot create the folder " + settings_.folder + ": " + errno_text();
  if (parts_.empty() && file_exists(manifest_path()))
    if (auto why = read_manifest()) return why;
  if (!parts_.empty() && parts_.back().type == 'i') {
    const std::string last = path(parts_.back().file);
    increment_ = File(open(last.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
    if (!increment_) return "cannot open " + last + ": " + errno_text();
    written_ = size_of(last);
    selected_db_ = -1;
    return std::nullopt;
  }
  Part part;
  if (auto why = new_increment(part)) return why;
  parts_.push_back(part);
  return write_manifest();
}

void Aof::close() {
  if (!increment_) return;
  flush(0, true);
  const std::lock_guard lock(mutex_);
  increment_ = File();
}

void Aof::append(int db, std::string_view resp) {
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
  return path("temp-base-" + settings_.name + ".rdb");
}

std::optional<std::string> Aof::begin_rewrite() {
  if (mkdir(settings_.folder.c_str(), 0755) != 0 && errno != EEXIST)
    return "cannot create the folder " + settings_.folder + ": " + errno_text();
  if (increment_)
    if (auto why = flush(0, true)) return why;
  if (!increment_) {
    first_rewrite_ = true;
    if (file_exists(manifest_path())) read_manifest();
    for (Part& p : parts_) p.type = 'h';  // of an earlier life
  }
  Part part;
  if (auto why = new_increment(part)) return why;
  parts_.push_back(part);
  return first_rewrite_ ? std::nullopt : write_manifest();
}

std::optional<std::string> Aof::finish_rewrite(bool child_succeeded) {
  const std::string temporary = base_temporary();
  if (!child_succeeded) {
    unlink(temporary.c_str());
    return "the child that rewrote the append only file failed";
  }
  Part base{"", next_seq('b'), 'b'};
  base.file = settings_.name + "." + std::to_string(base.seq) + ".base.rdb";
  if (rename(temporary.c_str(), path(base.file).c_str()) != 0)
    return "cannot rename " + temporary + ": " + errno_text();
  const std::vector<Part> before = parts_;
  // Everything before the increment that the rewrite began is in the base now.
  std::vector<Part> now{base};
  for (std::size_t i = 0; i + 1 < parts_.size(); ++i) now.push_back({parts_[i].file, parts_[i].seq, 'h'});
  now.push_back(parts_.back());
  parts_ = std::move(now);
  if (auto why = write_manifest()) {
    parts_ = before;
    return why;
  }
  first_rewrite_ = false;
  base_size_ = size_of(path(base.file));
  increments_size_ = size_of(path(parts_.back().file));
  drop_history();
  return std::nullopt;
}

void Aof::drop_history() {
  const bool any = std::any_of(parts_.begin(), parts_.end(), [](const Part& p) { return p.type == 'h'; });
  if (!any) return;
  std::vector<Part> gone;
  std::erase_if(parts_, [&](const Part& p) { return p.type == 'h' ? (gone.push_back(p), true) : false; });
  if (write_manifest()) return;  // tried again at the next start
  for (const Part& p : gone) unlink(path(p.file).c_str());
}

}  // namespace node

/// The child process that writes a dump file while the node goes on: for BGSAVE, for a rewrite of the
/// append-only file, for replicas; when it is started, and what becomes of what it wrote.
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <utility>

#include "server/node/info_lines.h"
#include "server/node/node.h"
#include "server/node/storage.h"

namespace node {

namespace {
constexpr std::int64_t kSaveRetryS = 5;
constexpr std::int64_t kReportUs = 1000000;
/// So many rewrites that failed in a row put the next automatic one off, for longer each time.
constexpr int kRewriteFailures = 3;
constexpr std::int64_t kLongestRewriteDelayMin = 60;

/// Memory of this process that it shares with nobody: in a child, what was copied because either side wrote.
std::uint64_t private_dirty_bytes() {
  std::ifstream in("/proc/self/smaps_rollup");
  std::uint64_t kilobytes = 0;
  for (std::string word; in >> word;)
    if (word == "Private_Dirty:" && in >> kilobytes) return kilobytes * 1024;
  return 0;
}
}  // namespace

void Storage::Unmap::operator()(ChildReport* report) const {
  munmap(report, sizeof(ChildReport));
}

/// In the child, after each key: what it costs the parent is measured once a second.
std::function<void()> Storage::child_progress() const {
  return [this, next_us = node_.clock().monotonic_us() + kReportUs]() mutable {
    ++child_report_->keys;
    if (config_.rdb_key_save_delay_us > 0) usleep(static_cast<useconds_t>(config_.rdb_key_save_delay_us));
    const std::int64_t now = node_.clock().monotonic_us();
    if (now < next_us) return;
    next_us = now + kReportUs;
    child_report_->copied_bytes = private_dirty_bytes();
  };
}

std::optional<std::string> Storage::share_report() {
  if (!child_report_) {
    void* shared =
        mmap(nullptr, sizeof(ChildReport), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) return "Can't share memory with a child: " + errno_text();
    child_report_.reset(new (shared) ChildReport);
  }
  child_report_->keys = child_report_->copied_bytes = 0;
  child_keys_total_ = node_.engine().total_keys();
  return std::nullopt;
}

/// The child only writes. Nothing of the parent's is closed, flushed or destroyed: _exit.
void Storage::write_in_child(ChildKind kind, const std::string& path, std::string repl_id,
                             std::int64_t repl_offset, bool functions_only) {
  node_.loop().abandon();
  std::signal(SIGTERM, SIG_DFL);
  std::signal(SIGINT, SIG_DFL);
  const Engine& engine = node_.engine();
  const SnapshotNote note{std::move(repl_id), repl_offset, kind == ChildKind::rewrite,
                          node_.replication().stream_db(), child_progress()};
  const auto functions = node_.scripting().functions().codes();
  const auto databases = engine.databases().first(functions_only ? 0 : engine.databases().size());
  const std::int64_t stamp_s = config_.aof_timestamp ? engine.state.now_ms / 1000 : 0;
  const auto why = kind == ChildKind::rewrite && !aof_.dump_base()
                       ? write_commands(path, functions, databases, note.on_key, stamp_s)
                       : write_snapshot(path, functions, databases, note, engine.state.now_ms);
  child_report_->copied_bytes = private_dirty_bytes();
  if (why) log('#', "In the child that writes the data: " + *why);
  _exit(why ? 1 : 0);
}

std::optional<std::string> Storage::fork_snapshot(ChildKind kind, const std::string& path,
                                                  std::string repl_id, std::int64_t repl_offset,
                                                  bool functions_only) {
  if (auto why = share_report()) return why;
  const std::int64_t before_us = node_.clock().monotonic_us();
  const pid_t pid = fork();
  if (pid < 0) return "Can't fork: " + errno_text();
  if (pid == 0) write_in_child(kind, path, std::move(repl_id), repl_offset, functions_only);
  last_fork_us_ = node_.clock().monotonic_us() - before_us;
  ++forks_;
  child_kind_ = kind;
  child_ = pid;
  child_started_ms_ = node_.steady_ms();
  dirty_at_fork_ = node_.engine().state.dirty;
  return std::nullopt;
}

std::optional<std::string> Storage::background_save(bool schedule) {
  if (child_kind_ == ChildKind::save) return "ERR Background save already in progress";
  if (child_kind_ != ChildKind::none) {
    if (schedule || child_kind_ == ChildKind::replicas) {
      save_scheduled_ = true;
      return std::nullopt;
    }
    return "ERR Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE SCHEDULE in order "
           "to schedule a "
           "BGSAVE whenever possible.";
  }
  last_save_try_s_ = node_.engine().state.now_ms / 1000;
  const SnapshotNote note = node_.replication().note();
  if (auto why = fork_snapshot(ChildKind::save, config_.dbfilename, note.repl_id, note.repl_offset)) {
    last_save_ok_ = false;
    return "ERR " + *why;
  }
  log('*', "Background saving started by pid " + std::to_string(child_));
  return std::nullopt;
}

std::optional<std::string> Storage::start_rewrite() {
  if (child_kind_ != ChildKind::none) {
    rewrite_scheduled_ = true;
    return std::nullopt;
  }
  if (auto why = aof_.begin_rewrite(config_.appendonly)) return why;
  log('*', "Background append only file rewriting started");
  auto why = fork_snapshot(ChildKind::rewrite, aof_.base_temporary(), {}, 0);
  if (why) aof_.finish_rewrite(false, [this](const std::string& text) { log('*', text); });
  return why;
}

/// Whether automatic rewrites wait because the last ones failed.
bool Storage::rewrite_held_off() {
  if (rewrite_failures_ < kRewriteFailures) return false;
  const std::int64_t now = node_.steady_ms();
  if (rewrite_not_before_ms_ == 0) {
    rewrite_delay_min_ = rewrite_delay_min_ ? std::min(rewrite_delay_min_ * 2, kLongestRewriteDelayMin) : 1;
    rewrite_not_before_ms_ = now + rewrite_delay_min_ * 60000;
    log('#', "Background AOF rewrite has repeatedly failed and triggered the limit, will retry in " +
                 std::to_string(rewrite_delay_min_) + " minutes");
  }
  if (now < rewrite_not_before_ms_) return true;
  rewrite_not_before_ms_ = 0;  // one more try; its failure makes the next wait longer
  return false;
}

std::optional<std::string> Storage::background_rewrite(bool& scheduled) {
  if (child_kind_ == ChildKind::rewrite)
    return "ERR Background append only file rewriting already in progress";
  scheduled = child_kind_ != ChildKind::none;
  if (auto why = start_rewrite()) return "ERR " + *why;
  return std::nullopt;
}

void Storage::reap_child() {
  if (child_kind_ == ChildKind::none) return;
  int status = 0;
  if (waitpid(child_, &status, WNOHANG) != child_) return;
  finish_child(WIFEXITED(status) && WEXITSTATUS(status) == 0, false);
}

void Storage::finish_save(bool succeeded, bool given_up) {
  if (!given_up) last_save_ok_ = succeeded;
  save_copied_ = child_report_->copied_bytes;
  if (succeeded) {
    ++saves_;
    std::uint64_t& dirty = node_.engine().state.dirty;
    dirty -= std::min(dirty, dirty_at_fork_);
    last_save_s_ = node_.engine().state.now_ms / 1000;
  }
  log(succeeded ? '*' : '#',
      succeeded ? "Background saving terminated with success" : "Background saving error");
}

void Storage::finish_rewrite(bool succeeded, bool given_up) {
  const auto why = aof_.finish_rewrite(succeeded, [this](const std::string& text) { log('*', text); });
  rewrite_copied_ = child_report_->copied_bytes;
  if (!given_up) last_rewrite_ok_ = !why;
  if (why) {
    log('#', "Background AOF rewrite: " + *why);
    if (!given_up) ++rewrite_failures_;
    // Until one succeeds, nothing is appended: it is tried again.
    rewrite_scheduled_ = rewrite_scheduled_ || (config_.appendonly && !aof_.is_open());
    return;
  }
  log('*', "Background AOF rewrite finished successfully");
  ++rewrites_;
  rewrite_failures_ = 0;
  rewrite_delay_min_ = rewrite_not_before_ms_ = 0;
}

void Storage::finish_child(bool succeeded, bool given_up) {
  const ChildKind kind = child_kind_;
  child_kind_ = ChildKind::none;
  child_ = 0;
  child_last_s_ = (node_.steady_ms() - child_started_ms_) / 1000;
  if (kind == ChildKind::save) finish_save(succeeded, given_up);
  if (kind == ChildKind::rewrite) finish_rewrite(succeeded, given_up);
  if (kind == ChildKind::replicas) node_.replication().snapshot_written(succeeded);
  if (save_scheduled_ && child_kind_ == ChildKind::none) {
    save_scheduled_ = false;
    background_save(false);
  }
}

void Storage::kill_child() {
  if (child_kind_ == ChildKind::none) return;
  kill(child_, SIGKILL);
  waitpid(child_, nullptr, 0);
  finish_child(false, true);
}

void Storage::data_flushed() {
  // A dump of what is no more is of no use; who configured saving finds the empty data on disk.
  if (child_kind_ == ChildKind::save) kill_child();
  if (config_.save_points().empty()) return;
  const std::uint64_t dirty = node_.engine().state.dirty;
  save();
  node_.engine().state.dirty = dirty;
}

void Storage::maybe_save() {
  if (child_kind_ != ChildKind::none) return;
  if (rewrite_scheduled_ && !rewrite_held_off()) {
    rewrite_scheduled_ = false;
    if (const auto why = start_rewrite()) log('#', "Rewriting the append only file: " + *why);
    return;
  }
  const std::int64_t now_s = node_.engine().state.now_ms / 1000;
  for (const SavePoint& p : config_.save_points()) {
    if (node_.engine().state.dirty < static_cast<std::uint64_t>(p.changes) ||
        now_s - last_save_s_ <= p.seconds)
      continue;
    if (!last_save_ok_ && now_s - last_save_try_s_ <= kSaveRetryS) continue;
    log('*', std::to_string(p.changes) + " changes in " + std::to_string(p.seconds) + " seconds. Saving...");
    background_save(false);
    return;
  }
  if (!aof_.is_open() || config_.aof_rewrite_percent == 0) return;
  const std::uint64_t size = aof_.size(), base = std::max<std::uint64_t>(aof_.base_size(), 1);
  if (size < static_cast<std::uint64_t>(config_.aof_rewrite_min) || size <= base) return;
  if ((size - base) * 100 / base < static_cast<std::uint64_t>(config_.aof_rewrite_percent)) return;
  if (rewrite_held_off()) return;
  log('*', "Starting automatic rewriting of AOF");
  if (const auto why = start_rewrite()) log('#', "Rewriting the append only file: " + *why);
}

std::string Storage::info() const {
  const bool saving = child_kind_ == ChildKind::save || child_kind_ == ChildKind::replicas;
  const bool copying = child_kind_ != ChildKind::none;
  const std::uint64_t done = copying ? child_report_->keys.load() : 0;
  Lines lines("Persistence");
  lines.add("loading", node_.engine().loading)
      .add("async_loading", node_.replication().loading_beside_old_data())
      .add("current_cow_size", copying ? child_report_->copied_bytes.load() : std::uint64_t{0})
      .add("current_cow_size_age", std::int64_t{0})
      .add("current_cow_peak", copying ? child_report_->copied_bytes.load() : std::uint64_t{0})
      .add("current_fork_perc", percent(done, child_keys_total_))
      .add("current_save_keys_processed", done)
      .add("current_save_keys_total", copying ? child_keys_total_ : 0)
      .add("rdb_changes_since_last_save", node_.engine().state.dirty)
      .add("rdb_bgsave_in_progress", saving)
      .add("rdb_last_save_time", last_save_s_)
      .add("rdb_last_bgsave_status", last_save_ok_ ? "ok" : "err")
      .add("rdb_last_bgsave_time_sec", child_last_s_)
      .add("rdb_current_bgsave_time_sec",
           saving ? (node_.steady_ms() - child_started_ms_) / 1000 : std::int64_t{-1})
      .add("rdb_saves", saves_)
      .add("rdb_last_cow_size", save_copied_)
      .add("rdb_last_load_keys_expired", keys_expired_in_load_)
      .add("rdb_last_load_keys_loaded", keys_loaded_)
      .add("aof_enabled", config_.appendonly)
      .add("aof_rewrite_in_progress", child_kind_ == ChildKind::rewrite)
      .add("aof_rewrite_scheduled", rewrite_scheduled_)
      .add("aof_last_rewrite_time_sec", std::int64_t{-1})
      .add("aof_current_rewrite_time_sec", std::int64_t{-1})
      .add("aof_last_bgrewrite_status", last_rewrite_ok_ ? "ok" : "err")
      .add("aof_rewrites", rewrites_)
      .add("aof_rewrites_consecutive_failures", static_cast<std::int64_t>(rewrite_failures_))
      .add("module_fork_in_progress", std::int64_t{0})
      .add("module_fork_last_cow_size", std::int64_t{0})
      .add("aof_last_write_status", aof_error_ ? "err" : "ok")
      .add("aof_last_cow_size", rewrite_copied_);
  if (node_.engine().loading) {
    const auto total = static_cast<std::uint64_t>(loading_.total_bytes);
    const std::uint64_t read = std::min<std::uint64_t>(loading_.bytes, total);
    const std::int64_t elapsed = node_.clock().now_us() / 1000000 - loading_.started_s;
    lines.add("loading_start_time", loading_.started_s)
        .add("loading_total_bytes", total)
        .add("loading_loaded_bytes", read)
        .add("loading_loaded_perc", percent(read, total))
        .add("loading_eta_seconds",
             read ? static_cast<std::int64_t>(static_cast<double>(elapsed) *
                                              static_cast<double>(total - read) / static_cast<double>(read))
                  : 1);
  }
  if (aof_.is_open())
    lines.add("aof_current_size", aof_.size())
        .add("aof_base_size", aof_.base_size())
        .add("aof_pending_rewrite", rewrite_scheduled_);
  return lines.str();
}

}  // namespace node

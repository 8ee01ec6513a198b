/// The node's data on disk: loading at start, SAVE and BGSAVE, the append-only file and its rewrite.
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "server/engine/reply_errors.h"
#include "server/node/cluster_link.h"
#include "server/node/node.h"
#include "server/node/replication_link.h"
#include "server/persistence/snapshot.h"

namespace node {

namespace {
constexpr std::int64_t kSaveRetryS = 5;
/// While loading: how often the clock is looked at, and how often others are served.
constexpr std::size_t kKeysPerLook = 256;
constexpr std::int64_t kServeEveryUs = 20000;
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

bool Node::propagating() const {
  return aof_.is_open() || (replication_ && replication_->active());
}

/// Others are served now and then while data is loaded, with LOADING to most of what they ask.
void Node::note_loading(std::size_t bytes) {
  loading_.bytes = bytes;
  if (config_.key_load_delay_us > 0) usleep(static_cast<useconds_t>(config_.key_load_delay_us));
  if (++loading_.keys % kKeysPerLook && config_.key_load_delay_us <= 0) return;
  const std::int64_t now = monotonic_us();
  if (now - loading_.served_us < kServeEveryUs) return;
  loading_.served_us = now;
  serve_while_busy();
}

LoadFunction Node::function_loader(bool replace) {
  const auto on_taken = replace ? Functions::OnTaken::replace : Functions::OnTaken::fail;
  return [this, on_taken](std::string_view code) { return scripting_.functions().load(code, on_taken, 0); };
}

void Node::begin_loading(std::size_t total_bytes) {
  loading_ = {now_us() / 1000000, total_bytes, 0, 0, monotonic_us()};
  engine_.loading = true;
}

std::optional<std::string> Node::load_data() {
  const std::int64_t began = monotonic_us();
  std::optional<std::string> why;
  // A replica keeps what has expired meanwhile: its master's stream still counts on it, and deletes it.
  const bool replica = is_replica() || (!cluster_ && !config_.replicaof.empty());
  if (config_.appendonly) {
    why = load_aof();
    if (!why) why = open_aof();
  } else if (file_exists(config_.dbfilename)) {
    std::string trouble;
    const MappedFile file(config_.dbfilename, trouble);
    if (!trouble.empty()) return trouble;
    SnapshotAux aux;
    begin_loading(file.bytes().size());
    why = read_snapshot(file.bytes(), engine_.databases(), engine_.state.now_ms, replica, aux,
                        function_loader(false), [this](std::size_t bytes) { note_loading(bytes); });
    engine_.loading = false;
    note_loaded(aux);
    if (why) {
      log('#', "Terminating server after rdb file reading failure.");
      return "Fatal error loading the DB " + config_.dbfilename + ": " + *why;
    }
    if (!aux.repl_id.empty() && aux.repl_offset >= 0) {
      replication_->restore(aux.repl_id, aux.repl_offset, !replica, aux.stream_db);
      // Replicas go on from this file: they have the keys that are not loaded, and hear that they are gone.
      if (!replica) {
        engine_.begin_unit();
        for (const auto& [db, key] : aux.expired) engine_.enqueue_propagation(db, {"DEL", key});
        engine_.end_unit();
      }
    }
  }
  if (why) return why;
  engine_.state.keep_expired = replica;
  engine_.state.dirty = 0;
  last_save_s_ = engine_.state.now_ms / 1000;
  if (engine_.total_keys())
    log('*', "DB loaded: " + std::to_string(engine_.total_keys()) + " keys in " +
                 std::to_string((monotonic_us() - began) / 1000) + " ms");
  return std::nullopt;
}

void Node::note_loaded(const SnapshotAux& aux) {
  keys_loaded_ = aux.loaded;
  keys_expired_in_load_ = aux.expired.size();
  log('*', "Done loading RDB, keys loaded: " + std::to_string(aux.loaded) +
               ", keys expired: " + std::to_string(aux.expired.size()) + ".");
  for (const std::string& name : aux.empty_names)
    log('#', "A collection without elements, skipping empty key: " + name);
  if (aux.empty_skipped)
    log('*', "Keys without elements that were left out, empty keys skipped: " +
                 std::to_string(aux.empty_skipped) + ".");
}

std::optional<std::string> Node::load_aof() {
  if (aof_.exists()) {
    Session loader;
    loader.kind = Session::Kind::loader;
    loader.authenticated = true;
    Aof::Loader handlers;
    handlers.image = [&](std::string_view image, std::size_t& consumed) {
      SnapshotAux aux;
      return read_snapshot(
          image, engine_.databases(), engine_.state.now_ms, true, aux, function_loader(false),
          [this](std::size_t bytes) { note_loading(bytes); }, &consumed);
    };
    handlers.command = [&](const std::vector<std::string_view>& argv) -> std::optional<std::string> {
      const Command* command = engine_.table.resolve(argv);
      if (!command || !command->arity_fits(argv.size()))
        return "Unknown command '" + std::string(argv[0]) + "' reading the append only file";
      engine_.call(loader, *command, argv);
      loader.out.buffer().clear();
      std::size_t bytes = loading_.bytes;
      for (std::string_view word : argv) bytes += word.size();
      note_loading(bytes);
      return std::nullopt;
    };
    begin_loading(aof_.bytes_on_disk());
    // The file says when each key was deleted; until its end nothing expires by itself.
    engine_.state.keep_expired = engine_.state.show_expired = true;
    const auto why = aof_.load(handlers, [this](const std::string& text) { log('#', text); });
    engine_.state.keep_expired = engine_.state.show_expired = false;
    engine_.loading = false;
    if (why) return why;
  }
  return std::nullopt;
}

std::optional<std::string> Node::open_aof() {
  return aof_.open_for_append([this](const std::string& path) {
    const auto functions = scripting_.functions().codes();
    if (!aof_.dump_base()) return write_commands(path, functions, engine_.databases(), {}, 0);
    SnapshotNote note;
    note.aof_base = true;
    return write_snapshot(path, functions, engine_.databases(), note, engine_.state.now_ms);
  });
}

void Node::restart_aof_after_load() {
  if (!config_.appendonly) return;
  if (child_kind_ == ChildKind::rewrite) kill_child();
  // The file no longer tells how the data came to be: a new base does.
  if (const auto why = start_rewrite()) log('#', "Rewriting the append only file: " + *why);
}

int Node::load_snapshot(std::string_view bytes, std::optional<std::string>& why, OldData old) {
  begin_loading(bytes.size());
  if (old == OldData::goes) {
    engine_.flush_all();
    scripting_.functions().clear();
  }
  SnapshotAux aux;
  why = read_snapshot(bytes, engine_.databases(), engine_.state.now_ms, true, aux,
                      function_loader(old == OldData::is_replaced),
                      [this](std::size_t done) { note_loading(done); });
  engine_.loading = false;
  engine_.serve_ready();
  return aux.stream_db;
}

std::optional<std::string> Node::save() {
  if (child_kind_ == ChildKind::save) return "ERR Background save already in progress";
  const auto why = write_snapshot(config_.dbfilename, scripting_.functions().codes(), engine_.databases(),
                                  replication_->note(), engine_.state.now_ms);
  if (why) {
    log('#', "Saving the DB: " + *why);
    last_save_ok_ = false;
    return "ERR " + *why;
  }
  last_save_ok_ = true;
  last_save_s_ = engine_.state.now_ms / 1000;
  engine_.state.dirty = 0;
  log('*', "DB saved on disk");
  return std::nullopt;
}

void Node::Unmap::operator()(ChildReport* report) const {
  munmap(report, sizeof(ChildReport));
}

/// In the child, after each key: what it costs the parent is measured once a second.
std::function<void()> Node::child_progress() const {
  return [this, next_us = monotonic_us() + kReportUs]() mutable {
    ++child_report_->keys;
    if (config_.rdb_key_save_delay_us > 0) usleep(static_cast<useconds_t>(config_.rdb_key_save_delay_us));
    const std::int64_t now = monotonic_us();
    if (now < next_us) return;
    next_us = now + kReportUs;
    child_report_->copied_bytes = private_dirty_bytes();
  };
}

std::optional<std::string> Node::fork_snapshot(ChildKind kind, const std::string& path, std::string repl_id,
                                               std::int64_t repl_offset) {
  if (!child_report_) {
    void* shared =
        mmap(nullptr, sizeof(ChildReport), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) return "Can't share memory with a child: " + errno_text();
    child_report_.reset(new (shared) ChildReport);
  }
  child_report_->keys = child_report_->copied_bytes = 0;
  child_keys_total_ = engine_.total_keys();
  const std::int64_t before_us = monotonic_us();
  const pid_t pid = fork();
  if (pid > 0) last_fork_us_ = monotonic_us() - before_us;
  if (pid < 0) return "Can't fork: " + errno_text();
  if (pid == 0) {
    // The child only writes. Nothing of the parent's is closed, flushed or destroyed: _exit.
    loop_.abandon();
    std::signal(SIGTERM, SIG_DFL);
    std::signal(SIGINT, SIG_DFL);
    const SnapshotNote note{std::move(repl_id), repl_offset, kind == ChildKind::rewrite,
                            replication_->stream_db(), child_progress()};
    const auto functions = scripting_.functions().codes();
    const std::int64_t stamp_s = config_.aof_timestamp ? engine_.state.now_ms / 1000 : 0;
    const auto why = kind == ChildKind::rewrite && !aof_.dump_base()
                         ? write_commands(path, functions, engine_.databases(), note.on_key, stamp_s)
                         : write_snapshot(path, functions, engine_.databases(), note, engine_.state.now_ms);
    child_report_->copied_bytes = private_dirty_bytes();
    if (why) log('#', "In the child that writes the data: " + *why);
    _exit(why ? 1 : 0);
  }
  ++forks_;
  child_kind_ = kind;
  child_ = pid;
  child_started_ms_ = steady_ms();
  dirty_at_fork_ = engine_.state.dirty;
  return std::nullopt;
}

std::optional<std::string> Node::background_save(bool schedule) {
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
  last_save_try_s_ = engine_.state.now_ms / 1000;
  const SnapshotNote note = replication_->note();
  if (auto why = fork_snapshot(ChildKind::save, config_.dbfilename, note.repl_id, note.repl_offset)) {
    last_save_ok_ = false;
    return "ERR " + *why;
  }
  log('*', "Background saving started by pid " + std::to_string(child_));
  return std::nullopt;
}

std::optional<std::string> Node::start_rewrite() {
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
bool Node::rewrite_held_off() {
  if (rewrite_failures_ < kRewriteFailures) return false;
  const std::int64_t now = steady_ms();
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

std::optional<std::string> Node::background_rewrite(bool& scheduled) {
  if (child_kind_ == ChildKind::rewrite)
    return "ERR Background append only file rewriting already in progress";
  scheduled = child_kind_ != ChildKind::none;
  if (auto why = start_rewrite()) return "ERR " + *why;
  return std::nullopt;
}

void Node::reap_child() {
  if (child_kind_ == ChildKind::none) return;
  int status = 0;
  if (waitpid(child_, &status, WNOHANG) != child_) return;
  finish_child(WIFEXITED(status) && WEXITSTATUS(status) == 0, false);
}

void Node::finish_child(bool succeeded, bool given_up) {
  const ChildKind kind = child_kind_;
  child_kind_ = ChildKind::none;
  child_ = 0;
  child_last_s_ = (steady_ms() - child_started_ms_) / 1000;
  switch (kind) {
    case ChildKind::save:
      if (!given_up) last_save_ok_ = succeeded;
      save_copied_ = child_report_->copied_bytes;
      if (succeeded) {
        ++saves_;
        engine_.state.dirty -= std::min(engine_.state.dirty, dirty_at_fork_);
        last_save_s_ = engine_.state.now_ms / 1000;
      }
      log(succeeded ? '*' : '#',
          succeeded ? "Background saving terminated with success" : "Background saving error");
      break;
    case ChildKind::rewrite: {
      const auto why = aof_.finish_rewrite(succeeded, [this](const std::string& text) { log('*', text); });
      rewrite_copied_ = child_report_->copied_bytes;
      if (!given_up) last_rewrite_ok_ = !why;
      if (why) {
        log('#', "Background AOF rewrite: " + *why);
        if (!given_up) ++rewrite_failures_;
        // Until one succeeds, nothing is appended: it is tried again.
        rewrite_scheduled_ = rewrite_scheduled_ || (config_.appendonly && !aof_.is_open());
      } else {
        log('*', "Background AOF rewrite finished successfully");
        ++rewrites_;
        rewrite_failures_ = 0;
        rewrite_delay_min_ = rewrite_not_before_ms_ = 0;
      }
      break;
    }
    case ChildKind::replicas:
      replication_->snapshot_written(succeeded);
      break;
    case ChildKind::none:
      break;
  }
  if (save_scheduled_ && child_kind_ == ChildKind::none) {
    save_scheduled_ = false;
    background_save(false);
  }
}

void Node::kill_child() {
  if (child_kind_ == ChildKind::none) return;
  kill(child_, SIGKILL);
  waitpid(child_, nullptr, 0);
  finish_child(false, true);
}

void Node::data_flushed() {
  // A dump of what is no more is of no use; who configured saving finds the empty data on disk.
  if (child_kind_ == ChildKind::save) kill_child();
  if (config_.save_points().empty()) return;
  const std::uint64_t dirty = engine_.state.dirty;
  save();
  engine_.state.dirty = dirty;
}

void Node::maybe_save() {
  if (child_kind_ != ChildKind::none) return;
  if (rewrite_scheduled_ && !rewrite_held_off()) {
    rewrite_scheduled_ = false;
    if (const auto why = start_rewrite()) log('#', "Rewriting the append only file: " + *why);
    return;
  }
  const std::int64_t now_s = engine_.state.now_ms / 1000;
  for (const SavePoint& p : config_.save_points()) {
    if (engine_.state.dirty < static_cast<std::uint64_t>(p.changes) || now_s - last_save_s_ <= p.seconds)
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

std::optional<std::string> Node::debug_reload(bool save_first, bool flush, bool merge) {
  if (engine_.loading) return std::string(error::loading);
  if (save_first)
    if (auto why = save()) return why;
  std::string trouble;
  const MappedFile file(config_.dbfilename, trouble);
  if (!trouble.empty()) return "ERR " + trouble;
  std::optional<std::string> why;
  load_snapshot(file.bytes(), why, flush ? OldData::goes : merge ? OldData::is_replaced : OldData::stays);
  if (!why) return std::nullopt;
  log('#', "DEBUG RELOAD: " + *why);
  return "ERR Error trying to load the RDB dump, check server logs.";
}

std::optional<std::string> Node::debug_load_aof() {
  if (engine_.loading) return std::string(error::loading);
  if (aof_.is_open())
    if (auto why = aof_.flush(engine_.state.now_ms, true)) return "ERR " + *why;
  const bool appending = aof_.is_open();
  engine_.flush_all();
  scripting_.functions().clear();
  if (auto why = load_aof()) return "ERR Error trying to load the AOF files: " + *why;
  // A tail that was cut off changed where the file ends.
  if (appending)
    if (auto why = open_aof()) return "ERR " + *why;
  engine_.state.dirty = 0;
  return std::nullopt;
}

std::optional<std::string> Node::write_refusal() const {
  if (aof_error_) return "MISCONF Errors writing to the AOF file: " + aof_.last_error();
  if (!last_save_ok_ && config_.stop_writes_on_error && !config_.save.empty())
    return "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. "
           "Commands that "
           "may modify the data set are disabled, because this instance is configured to report errors "
           "during writes if "
           "RDB snapshotting fails (stop-writes-on-bgsave-error option). Please check the Redis logs for "
           "details about the "
           "RDB error.";
  return std::nullopt;
}

}  // namespace node

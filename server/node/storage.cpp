#include "server/node/storage.h"

#include <unistd.h>

#include "server/engine/reply_errors.h"
#include "server/node/node.h"

namespace node {

namespace {
/// While loading: how often the clock is looked at, and how often others are served.
constexpr std::size_t kKeysPerLook = 256;
constexpr std::int64_t kServeEveryUs = 20000;
}  // namespace

Storage::Storage(Node& node) : node_(node), config_(node.config()), aof_(aof_settings()) {}

void Storage::log(char level, std::string_view text) const {
  node_.log(level, text);
}

Aof::Settings Storage::aof_settings() const {
  const auto sync = config_.appendfsync == "always"     ? Aof::Sync::always
                    : config_.appendfsync == "everysec" ? Aof::Sync::everysec
                                                        : Aof::Sync::no;
  return {config_.appenddirname,      config_.appendfilename,       sync,
          config_.aof_load_truncated, config_.aof_use_rdb_preamble, config_.aof_timestamp,
          config_.aof_disable_auto_gc};
}

/// Others are served now and then while data is loaded, with LOADING to most of what they ask.
void Storage::note_loading(std::size_t bytes) {
  loading_.bytes = bytes;
  if (config_.key_load_delay_us > 0) usleep(static_cast<useconds_t>(config_.key_load_delay_us));
  if (++loading_.keys % kKeysPerLook && config_.key_load_delay_us <= 0) return;
  const std::int64_t now = node_.clock().monotonic_us();
  if (now - loading_.served_us < kServeEveryUs) return;
  loading_.served_us = now;
  node_.serve_while_busy();
}

LoadFunction Storage::function_loader(bool replace) {
  const auto on_taken = replace ? Functions::OnTaken::replace : Functions::OnTaken::fail;
  return [this, on_taken](std::string_view code) {
    return node_.scripting().functions().load(code, on_taken, 0);
  };
}

void Storage::begin_loading(std::size_t total_bytes) {
  loading_ = {node_.clock().now_us() / 1000000, total_bytes, 0, 0, node_.clock().monotonic_us()};
  node_.engine().loading = true;
}

std::optional<std::string> Storage::load_dump(bool replica) {
  std::string trouble;
  const MappedFile file(config_.dbfilename, trouble);
  if (!trouble.empty()) return trouble;
  SnapshotAux aux;
  begin_loading(file.bytes().size());
  auto why = read_snapshot(file.bytes(), node_.engine().databases(), node_.engine().state.now_ms, replica,
                           aux, function_loader(false), [this](std::size_t bytes) { note_loading(bytes); });
  node_.engine().loading = false;
  note_loaded(aux);
  if (why) {
    log('#', "Terminating server after rdb file reading failure.");
    return "Fatal error loading the DB " + config_.dbfilename + ": " + *why;
  }
  if (!aux.repl_id.empty() && aux.repl_offset >= 0) {
    node_.replication().restore(aux.repl_id, aux.repl_offset, !replica, aux.stream_db);
    // Replicas go on from this file: they have the keys that are not loaded, and hear that they are gone.
    if (!replica) {
      node_.engine().begin_unit();
      for (const auto& [db, key] : aux.expired) node_.engine().enqueue_propagation(db, {"DEL", key});
      node_.engine().end_unit();
    }
  }
  return std::nullopt;
}

std::optional<std::string> Storage::load() {
  const std::int64_t began = node_.clock().monotonic_us();
  std::optional<std::string> why;
  // A replica keeps what has expired meanwhile: its master's stream still counts on it, and deletes it.
  const bool replica = node_.replication().is_replica() || (!node_.cluster() && !config_.replicaof.empty());
  if (config_.appendonly) {
    why = load_aof();
    if (!why) why = open_aof();
  } else if (file_exists(config_.dbfilename)) {
    why = load_dump(replica);
  }
  if (why) return why;
  node_.engine().state.keep_expired = replica;
  node_.engine().state.dirty = 0;
  last_save_s_ = node_.engine().state.now_ms / 1000;
  if (node_.engine().total_keys())
    log('*', "DB loaded: " + std::to_string(node_.engine().total_keys()) + " keys in " +
                 std::to_string((node_.clock().monotonic_us() - began) / 1000) + " ms");
  return std::nullopt;
}

void Storage::note_loaded(const SnapshotAux& aux) {
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

std::optional<std::string> Storage::load_aof() {
  if (aof_.exists()) {
    Session loader;
    loader.kind = Session::Kind::loader;
    loader.authenticated = true;
    Aof::Loader handlers;
    handlers.image = [&](std::string_view image, std::size_t& consumed) {
      SnapshotAux aux;
      return read_snapshot(
          image, node_.engine().databases(), node_.engine().state.now_ms, true, aux, function_loader(false),
          [this](std::size_t bytes) { note_loading(bytes); }, &consumed);
    };
    handlers.command = [&](const std::vector<std::string_view>& argv) -> std::optional<std::string> {
      const Command* command = node_.engine().table.resolve(argv);
      if (!command || !command->arity_fits(argv.size()))
        return "Unknown command '" + std::string(argv[0]) + "' reading the append only file";
      node_.engine().call(loader, *command, argv);
      loader.out.buffer().clear();
      std::size_t bytes = loading_.bytes;
      for (std::string_view word : argv) bytes += word.size();
      note_loading(bytes);
      return std::nullopt;
    };
    begin_loading(aof_.bytes_on_disk());
    // The file says when each key was deleted; until its end nothing expires by itself.
    node_.engine().state.keep_expired = node_.engine().state.show_expired = true;
    const auto why = aof_.load(handlers, [this](const std::string& text) { log('#', text); });
    node_.engine().state.keep_expired = node_.engine().state.show_expired = false;
    node_.engine().loading = false;
    if (why) return why;
  }
  return std::nullopt;
}

std::optional<std::string> Storage::open_aof() {
  return aof_.open_for_append([this](const std::string& path) {
    const auto functions = node_.scripting().functions().codes();
    if (!aof_.dump_base()) return write_commands(path, functions, node_.engine().databases(), {}, 0);
    SnapshotNote note;
    note.aof_base = true;
    return write_snapshot(path, functions, node_.engine().databases(), note, node_.engine().state.now_ms);
  });
}

void Storage::flush_aof() {
  if (!aof_.is_open()) return;
  aof_error_ = aof_.flush(node_.engine().state.now_ms);
  if (!aof_error_ || config_.appendfsync != "always") return;
  // What was promised to be on disk is not: nobody may be told otherwise.
  log('#', *aof_error_ + ". With appendfsync always there is no way on; exiting");
  _exit(1);
}

std::optional<std::string> Storage::sync_aof() {
  if (!aof_.is_open()) return std::nullopt;
  return aof_.flush(node_.engine().state.now_ms, true);
}

std::optional<std::string> Storage::switch_aof() {
  if (config_.appendonly && !aof_.is_open()) return start_rewrite();
  if (config_.appendonly || !aof_.is_open()) return std::nullopt;
  rewrite_scheduled_ = false;
  if (child_kind_ == ChildKind::rewrite) {
    log('*', "Killing running AOF rewrite child: " + std::to_string(child_));
    kill_child();
  }
  aof_.close();
  rewrite_scheduled_ = false;
  return std::nullopt;
}

void Storage::restart_aof_after_load() {
  if (!config_.appendonly) return;
  if (child_kind_ == ChildKind::rewrite) kill_child();
  // The file no longer tells how the data came to be: a new base does.
  if (const auto why = start_rewrite()) log('#', "Rewriting the append only file: " + *why);
}

int Storage::load_snapshot(std::string_view bytes, std::optional<std::string>& why, OldData old) {
  begin_loading(bytes.size());
  if (old == OldData::goes) {
    node_.engine().flush_all();
    node_.scripting().functions().clear();
  }
  SnapshotAux aux;
  why = read_snapshot(bytes, node_.engine().databases(), node_.engine().state.now_ms, true, aux,
                      function_loader(old == OldData::is_replaced),
                      [this](std::size_t done) { note_loading(done); });
  node_.engine().loading = false;
  node_.engine().serve_ready();
  return aux.stream_db;
}

std::optional<std::string> Storage::save() {
  if (child_kind_ == ChildKind::save) return "ERR Background save already in progress";
  const auto why =
      write_snapshot(config_.dbfilename, node_.scripting().functions().codes(), node_.engine().databases(),
                     node_.replication().note(), node_.engine().state.now_ms);
  if (why) {
    log('#', "Saving the DB: " + *why);
    last_save_ok_ = false;
    return "ERR " + *why;
  }
  last_save_ok_ = true;
  last_save_s_ = node_.engine().state.now_ms / 1000;
  node_.engine().state.dirty = 0;
  log('*', "DB saved on disk");
  return std::nullopt;
}

std::optional<std::string> Storage::debug_reload(bool save_first, bool flush, bool merge) {
  if (node_.engine().loading) return std::string(error::loading);
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

std::optional<std::string> Storage::debug_load_aof() {
  if (node_.engine().loading) return std::string(error::loading);
  if (aof_.is_open())
    if (auto why = aof_.flush(node_.engine().state.now_ms, true)) return "ERR " + *why;
  const bool appending = aof_.is_open();
  node_.engine().flush_all();
  node_.scripting().functions().clear();
  if (auto why = load_aof()) return "ERR Error trying to load the AOF files: " + *why;
  // A tail that was cut off changed where the file ends.
  if (appending)
    if (auto why = open_aof()) return "ERR " + *why;
  node_.engine().state.dirty = 0;
  return std::nullopt;
}

std::optional<std::string> Storage::write_refusal() const {
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

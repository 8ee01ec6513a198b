/// The node's data on disk: loading at start, SAVE and BGSAVE, the append-only file and its rewrite, and the
/// one child process that writes a dump file.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "server/config/config.h"
#include "server/engine/ports.h"
#include "server/persistence/aof.h"
#include "server/persistence/snapshot.h"

namespace node {

class Node;

class Storage final : public PersistencePort {
 public:
  explicit Storage(Node& node);

  std::optional<std::string> save() override;
  std::optional<std::string> background_save(bool schedule) override;
  std::optional<std::string> background_rewrite(bool& scheduled) override;
  std::int64_t last_save_s() const override { return last_save_s_; }
  void data_flushed() override;
  std::optional<std::string> debug_reload(bool save, bool flush, bool merge) override;
  std::optional<std::string> debug_load_aof() override;
  std::optional<std::string> write_refusal() const override;

  /// At start. A text says why the node cannot.
  std::optional<std::string> load();
  /// What becomes of keys and functions that are there already: in the end, with equal names, or (of
  /// functions) an error.
  enum class OldData { goes, is_replaced, stays };
  /// Loads a dump file; the answer is the database that its replication stream stands in.
  int load_snapshot(std::string_view bytes, std::optional<std::string>& why, OldData old = OldData::goes);

  /// Forks a child that writes a dump file; the kind names what for.
  enum class ChildKind { none, save, rewrite, replicas };
  std::optional<std::string> fork_snapshot(ChildKind kind, const std::string& path, std::string repl_id,
                                           std::int64_t repl_offset, bool functions_only = false);
  ChildKind child_kind() const { return child_kind_; }
  /// Its work is given up: no failure, since it was our own will.
  void kill_child();
  void reap_child();
  /// Starts what the save points and the size of the append-only file ask for, and what was scheduled.
  void maybe_save();

  const Aof& aof() const { return aof_; }
  void append(int db, std::string_view resp, std::int64_t now_s) { aof_.append(db, resp, now_s); }
  /// Before replies leave. With appendfsync always the process ends when the disk refuses.
  void flush_aof();
  /// Whatever appendfsync says: to the disk, now.
  std::optional<std::string> sync_aof();
  void restart_aof_after_load();
  /// After CONFIG SET appendonly.
  std::optional<std::string> switch_aof();
  /// After CONFIG SET of what the append-only file goes by.
  void change_aof_settings() { aof_.change(aof_settings()); }
  /// The first file of the append-only log is being written: there is no complete one yet.
  bool first_rewrite_runs() const {
    return child_kind_ == ChildKind::rewrite && aof_.is_open() && !aof_.is_listed();
  }
  std::string info() const;
  std::uint64_t forks() const { return forks_; }
  std::int64_t last_fork_us() const { return last_fork_us_; }

 private:
  Aof::Settings aof_settings() const;
  void begin_loading(std::size_t total_bytes);
  void note_loading(std::size_t bytes);
  LoadFunction function_loader(bool replace);
  std::optional<std::string> load_dump(bool replica);
  std::optional<std::string> load_aof();
  std::optional<std::string> open_aof();
  void note_loaded(const SnapshotAux& aux);
  std::optional<std::string> share_report();
  [[noreturn]] void write_in_child(ChildKind kind, const std::string& path, std::string repl_id,
                                   std::int64_t repl_offset, bool functions_only);
  void finish_child(bool succeeded, bool given_up);
  void finish_save(bool succeeded, bool given_up);
  void finish_rewrite(bool succeeded, bool given_up);
  std::optional<std::string> start_rewrite();
  bool rewrite_held_off();
  std::function<void()> child_progress() const;
  void log(char level, std::string_view text) const;

  Node& node_;
  const Config& config_;
  Aof aof_;

  struct Loading {
    std::int64_t started_s = 0;
    std::size_t total_bytes = 0, bytes = 0, keys = 0;
    std::int64_t served_us = 0;
  } loading_;

  ChildKind child_kind_ = ChildKind::none;
  pid_t child_ = 0;
  /// What a child that writes data tells its parent, in memory that both see.
  struct ChildReport {
    std::atomic<std::uint64_t> keys{0}, copied_bytes{0};
  };
  struct Unmap {
    void operator()(ChildReport* report) const;
  };
  std::unique_ptr<ChildReport, Unmap> child_report_;
  std::uint64_t child_keys_total_ = 0, save_copied_ = 0, rewrite_copied_ = 0;
  std::uint64_t keys_loaded_ = 0, keys_expired_in_load_ = 0, saves_ = 0, rewrites_ = 0;
  int rewrite_failures_ = 0;                ///< in a row
  std::int64_t rewrite_not_before_ms_ = 0;  ///< after several: no automatic one until then
  std::int64_t rewrite_delay_min_ = 0;
  std::uint64_t dirty_at_fork_ = 0, forks_ = 0;
  std::int64_t child_started_ms_ = 0, child_last_s_ = -1, last_fork_us_ = 0;
  bool save_scheduled_ = false, rewrite_scheduled_ = false;
  bool last_save_ok_ = true, last_rewrite_ok_ = true;
  std::int64_t last_save_s_ = 0, last_save_try_s_ = 0;
  std::optional<std::string> aof_error_;
};

}  // namespace node

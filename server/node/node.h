/// The node: one thread, one event loop. It owns the sockets, the files and the clock, runs commands through
/// the Engine, and performs what the cluster and replication rooms ask for. A turn of the loop:
///   wait for sockets -> run commands -> perform the actions of cluster and replication -> append-only file
///   (and its fsync) -> send replies -> free what was closed.
/// So no reply and no bus message leaves before what it promises is on disk.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "server/config/config.h"
#include "server/engine/call.h"
#include "server/engine/engine.h"
#include "server/net/event_loop.h"
#include "server/net/socket.h"
#include "server/node/client.h"
#include "server/persistence/aof.h"
#include "server/persistence/snapshot.h"
#include "server/scripting/scripting.h"

namespace node {

class ClusterLink;
struct SnapshotAux;
class ReplicationLink;

class Node final : public Host {
 public:
  explicit Node(Config config);
  ~Node() override;

  /// Loads the data and opens the ports. A text says why the node cannot start.
  std::optional<std::string> start();
  /// Until SHUTDOWN or a signal.
  int run();
  /// From a signal handler.
  static void request_shutdown(int signal);

  Config& config() { return config_; }
  Engine& engine() { return engine_; }
  EventLoop& loop() { return loop_; }
  /// In a script or a load that lets other clients in: data must not change, nothing may be freed.
  bool busy() const { return busy_; }
  ReplicationLink& replication() { return *replication_; }
  ClusterLink* cluster() { return cluster_.get(); }

  // For Client.
  void close_client(Client& client);
  std::uint64_t next_client_id() { return next_client_++; }
  void queue_flush(Client& client);
  void hold_back(Client& client) { held_.push_back(client.session.id); }
  void check_output_limit(Client& client);
  void transfer_done(Client& client);
  void count_input(std::size_t n) {
    input_bytes_ += n;
    ++reads_;
  }
  void count_output(std::size_t n) {
    output_bytes_ += n;
    ++writes_;
  }

  // For the links.
  Client* client(std::uint64_t id);
  std::int64_t steady_ms() const;  ///< unix time at start plus what has passed: never goes back
  void pause_writes(std::int64_t until_steady_ms);
  void resume_writes();
  /// What becomes of keys and functions that are there already: in the end, with equal names, or (of
  /// functions) an error.
  enum class OldData { goes, is_replaced, stays };
  /// Loads a dump file; the answer is the database that its replication stream stands in.
  int load_snapshot(std::string_view bytes, std::optional<std::string>& why, OldData old = OldData::goes);
  /// Forks a child that writes a dump file; `kind` names what for.
  enum class ChildKind { none, save, rewrite, replicas };
  std::optional<std::string> fork_snapshot(ChildKind kind, const std::string& path, std::string repl_id,
                                           std::int64_t repl_offset);
  /// Its work is given up: no failure, since it was our own will.
  void kill_child();
  ChildKind child_kind() const { return child_kind_; }
  void restart_aof_after_load();

  // Host.
  void propagate(int db, std::string_view resp, unsigned targets) override;
  bool propagating() const override;
  std::int64_t now_us() const override;
  std::int64_t monotonic_us() const override;
  void for_each_session(const std::function<void(Session&)>& visit) override;
  Session* find_session(std::uint64_t id) override;
  void wake(const Subscriber& session) override;
  void close(Session& session) override;
  std::pair<std::size_t, std::size_t> buffers(const Session& session) const override;
  std::optional<std::string> save() override;
  std::optional<std::string> background_save(bool schedule) override;
  std::optional<std::string> background_rewrite(bool& scheduled) override;
  std::int64_t last_save_s() const override { return last_save_s_; }
  std::optional<std::string> debug_reload(bool save, bool flush, bool merge) override;
  std::optional<std::string> debug_load_aof() override;
  std::optional<std::string> write_refusal() const override;
  std::optional<std::string> shutdown(bool nosave, bool save, bool now, bool force) override;
  bool shutting_down() const override { return ending_.has_value(); }
  bool abort_shutdown() override;
  bool is_replica() const override;
  bool master_link_up() const override;
  void command_replicaof(Call& call) override;
  void command_role(Call& call) override;
  void command_replconf(Call& call) override;
  void command_psync(Call& call) override;
  void command_wait(Call& call) override;
  void command_failover(Call& call) override;
  std::int64_t replication_offset() const override;
  int good_replicas() const override;
  void command_migrate(Call& call) override;
  /// Closes the clients whose buffers are the largest until all together are within maxmemory-clients.
  void evict_clients();
  /// Closes connections of MIGRATE that nobody used for a while.
  void drop_idle_migrations(std::int64_t now_ms);
  void pause_clients(std::int64_t until_ms, bool writes_only) override;
  bool paused(bool write) const override;
  bool info_section(std::string_view name, std::string& out) override;
  std::size_t used_memory() const override;
  std::size_t memory_for_data() const override {
    const std::size_t used = used_memory();
    return used - std::min(used, memory_uncounted_);
  }
  void memory_freed(std::size_t bytes) override { memory_used_ -= std::min(bytes, memory_used_); }
  /// What waits to be sent to replicas, beyond the backlog, and to be written to the append-only file.
  std::size_t memory_not_counted() const;
  static std::size_t resident_memory();
  static std::string current_directory();
  /// As many of the clients wanted as there may be descriptors for, besides those of files and the bus.
  /// Raises the process's limit as far as it goes.
  static std::int64_t clients_possible(std::int64_t wanted);
  std::optional<std::string> apply_config(std::span<const std::string> names) override;
  void data_flushed() override;
  void drop_bus_packets(int type) override;
  void log(char level, std::string_view text) override;
  void serve_while_busy() override;

 private:
  struct Listener final : Watcher {
    Node* node = nullptr;
    Socket socket;
    bool tcp = true;
    void on_event(std::uint32_t events) override;
  };
  void accept_clients(Listener& listener);
  void turn();
  void before_sleep();
  void cron();
  void timeouts();
  void decide_expiry();
  void begin_loading(std::size_t total_bytes);
  void note_loading(std::size_t bytes);
  LoadFunction function_loader(bool replace);
  std::optional<std::string> load_data();
  std::optional<std::string> load_aof();
  std::optional<std::string> open_aof();
  void note_loaded(const SnapshotAux& aux);
  std::optional<std::string> open_ports();
  std::optional<std::string> open_tcp_ports();
  /// After CONFIG SET port or bind.
  std::optional<std::string> listen_again();
  void listen_on(Socket socket, bool tcp);
  void apply_limits();
  void note_time();
  [[noreturn]] void exit_unsynced();
  struct Ending {
    bool nosave, save, force;
    std::int64_t deadline_ms;  ///< steady clock: how long replicas are waited for
  };
  std::optional<std::string> end(const Ending& how);
  void continue_shutdown();
  void stop_waiting_to_end();
  void reap_child();
  void finish_child(bool succeeded, bool given_up);
  void maybe_save();
  void release_held();
  Aof::Settings aof_settings() const;
  std::optional<std::string> start_rewrite();
  bool rewrite_held_off();
  std::function<void()> child_progress() const;
  std::string info_server() const;
  std::string info_clients();
  std::string info_memory() const;
  std::string memory_details() const;
  std::string info_persistence() const;
  std::string info_stats() const;
  std::string info_cpu() const;
  std::optional<std::string> rewrite_config_file();
  void obey_signal();
  void tell_supervisor();

  Config config_;
  EventLoop loop_;
  Engine engine_;
  Scripting scripting_;
  Aof aof_;
  std::unique_ptr<ReplicationLink> replication_;
  std::unique_ptr<ClusterLink> cluster_;
  std::vector<std::unique_ptr<Listener>> listeners_, closed_listeners_;
  std::string listening_on_;  ///< port and addresses that the TCP listeners were opened for
  std::unordered_map<std::uint64_t, std::unique_ptr<Client>> clients_;
  std::vector<Client*> to_flush_;
  std::vector<std::uint64_t> to_resume_, to_free_, held_;
  std::uint64_t next_client_ = 1;

  std::chrono::steady_clock::time_point started_;
  std::int64_t started_ms_ = 0, next_cron_ms_ = 0;
  std::string run_id_;
  bool stopping_ = false, busy_ = false;
  std::optional<Ending> ending_;  ///< a shutdown that waits for replicas

  /// Connections of MIGRATE, kept for the next keys that go to the same target.
  struct Kept {
    Socket socket;
    std::int64_t db, used_ms;
  };
  std::map<std::pair<std::string, int>, Kept> migrations_;

  std::int64_t pause_until_ms_ = 0;  ///< CLIENT PAUSE, wall clock
  bool pause_writes_only_ = false;
  std::int64_t failover_pause_ms_ = 0;  ///< manual failover, steady clock

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
  std::uint64_t dirty_at_fork_ = 0;
  std::int64_t child_started_ms_ = 0, child_last_s_ = -1;
  bool save_scheduled_ = false, rewrite_scheduled_ = false;
  bool last_save_ok_ = true, last_rewrite_ok_ = true;
  std::int64_t last_save_s_ = 0, last_save_try_s_ = 0;
  std::optional<std::string> aof_error_;

  std::uint64_t connections_total_ = 0, connections_refused_ = 0, evicted_clients_ = 0, input_bytes_ = 0,
                output_bytes_ = 0;
  std::uint64_t commands_at_tick_ = 0, ops_per_second_ = 0, forks_ = 0;
  std::int64_t ops_tick_ms_ = 0;
  std::uint64_t reads_ = 0, writes_ = 0;
  std::uint64_t input_at_tick_ = 0, output_at_tick_ = 0, input_rate_ = 0,
                output_rate_ = 0;  ///< bytes a second
  std::int64_t last_fork_us_ = 0;
  std::size_t memory_at_start_ = 0;
  std::size_t memory_peak_ = 0;
  mutable std::size_t memory_used_ = 0, memory_uncounted_ = 0;  ///< of the same moment
  mutable std::int64_t memory_asked_us_ = 0, memory_cost_us_ = 0;
};

/// For the log and for files: "2026-11-22 …".
int child_exit_code(int status);

}  // namespace node

/// The node: one thread, one event loop. It makes the rooms' parts, joins them, and gives each its time. A
/// turn of the loop:
///   wait for sockets -> run commands -> perform the actions of cluster and replication -> append-only file
///   (and its fsync) -> send replies -> free what was closed.
/// So no reply and no bus message leaves before what it promises is on disk.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "server/config/config.h"
#include "server/engine/engine.h"
#include "server/net/event_loop.h"
#include "server/node/clients.h"
#include "server/node/clock.h"
#include "server/node/listeners.h"
#include "server/node/log.h"
#include "server/node/memory.h"
#include "server/node/migrations.h"
#include "server/node/rates.h"
#include "server/node/replication_link.h"
#include "server/node/shutdown.h"
#include "server/node/storage.h"
#include "server/scripting/scripting.h"

namespace node {

class ClusterLink;

class Node final : public ServerPort, public ChangesPort {
 public:
  explicit Node(Config config);
  ~Node() override;
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  /// Loads the data and opens the ports. A text says why the node cannot start.
  std::optional<std::string> start();
  /// Until SHUTDOWN or a signal.
  int run();

  Config& config() { return config_; }
  const Config& config() const { return config_; }
  EventLoop& loop() { return loop_; }
  const SystemClock& clock() const { return clock_; }
  std::int64_t steady_ms() const { return clock_.steady_ms(); }
  void log(char level, std::string_view text) const { log_.log(level, text); }
  Engine& engine() { return engine_; }
  const Engine& engine() const { return engine_; }
  Scripting& scripting() { return scripting_; }
  const Scripting& scripting() const { return scripting_; }
  Clients& clients() { return clients_; }
  const Clients& clients() const { return clients_; }
  Listeners& listeners() { return listeners_; }
  Storage& storage() { return storage_; }
  const Storage& storage() const { return storage_; }
  ReplicationLink& replication() { return replication_; }
  const ReplicationLink& replication() const { return replication_; }
  const Memory& memory() const { return memory_; }
  const Shutdown& shutdown() const { return shutdown_; }
  const Migrations& migrations() const { return migrations_; }
  const Rates& rates() const { return rates_; }
  /// Of the regular removal of keys whose time is over.
  struct Expiry {
    std::int64_t usec = 0;
    std::uint64_t cut_short = 0;  ///< how often the time for it was up
    double stale = 0;             ///< about the share of keys with a time to live that are past it
  };
  const Expiry& expiry() const { return expiry_; }
  const std::string& run_id() const { return run_id_; }
  /// Null: cluster-enabled no.
  ClusterLink* cluster() { return cluster_.get(); }
  const ClusterLink* cluster() const { return cluster_.get(); }
  /// In a script or a load that lets other clients in: data must not change, nothing may be freed.
  bool busy() const { return busy_; }

  std::optional<std::string> apply_config(std::span<const std::string> names) override;
  std::optional<std::string> read_users(std::string& text) override;
  std::optional<std::string> write_users(std::string_view text) override;
  bool info_section(std::string_view name, std::string& out) override;
  void serve_while_busy() override;
  void propagate(int db, std::string_view resp, unsigned targets) override;
  bool propagating() const override;

 private:
  void turn();
  void before_sleep();
  void cron();
  void expire_keys();
  void expire_for(std::int64_t budget_us);
  void note_expiry(std::int64_t usec, std::size_t gone, std::uint64_t seen);
  void feed_replicas();
  void apply_limits();
  void note_time() { engine_.state.now_ms = clock_.now_us() / 1000; }
  std::optional<std::string> apply_directive(const std::string& name);
  std::optional<std::string> rewrite_config_file(bool defaults_too);
  std::optional<std::string> load_users();
  void reset_statistics();
  void tell_supervisor();

  Config config_;
  EventLoop loop_;
  SystemClock clock_;
  Listeners listeners_;
  Clients clients_;
  Storage storage_;
  ReplicationLink replication_;
  Log log_;
  Memory memory_;
  Shutdown shutdown_;
  Migrations migrations_;
  Engine engine_;
  Scripting scripting_;
  std::unique_ptr<ClusterLink> cluster_;
  Rates rates_;
  Expiry expiry_;
  std::string run_id_;
  std::int64_t next_cron_ms_ = 0;
  /// When the next slice of expiry is due; 0: the last cycle left nothing over.
  std::int64_t expire_again_us_ = 0;
  bool busy_ = false;
};

/// An INFO section that only the node knows, or nothing when the name is not one (info.cpp).
std::optional<std::string> node_info(const Node& node, std::string_view section);
/// Of this process.
std::string current_directory();

}  // namespace node

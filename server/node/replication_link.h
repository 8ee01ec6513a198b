/// The replication room in its node: the socket to the master, snapshots to and from disk, the stream
/// executed.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "server/cluster/host.h"
#include "server/cluster/strong_record.h"
#include "server/engine/ports.h"
#include "server/net/event_loop.h"
#include "server/net/socket.h"
#include "server/persistence/file.h"
#include "server/persistence/snapshot.h"
#include "server/replication/replication.h"
#include "server/resp/parser.h"

namespace node {

class Node;
struct Session;

class ReplicationLink final : public ReplicationPort {
 public:
  explicit ReplicationLink(Node& node);
  ~ReplicationLink() override;

  /// Follows the configured master, if any.
  void start();
  void tick();
  /// Performs what replication asks for; once a turn.
  void perform();
  /// Strong mode: what replicas acknowledged, to the cluster; before replies leave.
  void tell_strong();
  /// Hands the stream alone to the replicas: also within a script, and between commands and their replies.
  void forward();
  /// A replica's connection is idle while there is more of the stream for it: perform() before sleeping.
  bool can_forward() const;
  /// Bytes of the stream kept in memory, for all replicas together, and how many of them the backlog would
  /// keep without any.
  std::size_t stream_bytes() const { return replication_.backlog().size(); }
  std::size_t backlog_bytes() const {
    return std::min(replication_.backlog().size(), replication_.backlog().capacity());
  }
  /// Frees closed connections: between turns of the loop only, when no event can name them any more.
  void bury() { dead_.clear(); }
  void config_changed();

  /// What a dump file said of the stream; `master`: to go on under a new name.
  void restore(std::string_view repl_id, std::int64_t offset, bool master, int stream_db);
  /// The database that the stream stands in, of the master's or our own.
  int stream_db() const;
  /// What a dump file says of where it stands in the stream.
  SnapshotNote note() const;
  void feed(int db, std::string_view resp);
  /// Whether anybody ever asked for the stream.
  bool active() const;

  void rename_history() { replication_.rename_history(); }
  void pause_stream(bool paused) { replication_.pause(paused); }
  /// Goes on with the master's stream if a pause of clients held it and is over.
  void resume_stream();
  void follow(const std::string& ip, int port);
  void become_master();
  /// Of the replication room alone; is_replica() asks the cluster, too.
  bool follows() const { return replication_.is_replica(); }
  bool is_replica() const override;
  bool link_up() const override { return replication_.link().connected(); }
  std::int64_t offset() const override { return replication_.offset(); }
  const replication::Backlog& backlog() const { return replication_.backlog(); }
  cluster::ReplicaView view() const;
  int good_replicas() const override;

  /// The link to the master as CLIENT LIST and CLIENT KILL see it; null while there is none.
  Session* master_session();
  /// CLIENT KILL of the master's link: it breaks as if the network had broken it.
  void kill_master_link();

  void client_closed(std::uint64_t id);
  void snapshot_written(bool succeeded);
  void snapshot_sent(std::uint64_t id);

  void command_replicaof(Call& call) override;
  void command_role(Call& call) override;
  void command_replconf(Call& call) override;
  void command_psync(Call& call) override;
  void command_wait(Call& call) override;
  void command_failover(Call& call) override;
  std::string info() const;
  /// repl-diskless-load swapdb: the master's data arrives while the old data is served.
  bool loading_beside_old_data() const;
  std::int64_t usable_offset() const { return replication_.usable_offset(); }
  std::uint64_t refused_partial_syncs() const { return replication_.partial_refused() - refused_before_; }
  /// From the master.
  std::uint64_t input_bytes() const { return input_bytes_; }
  std::uint64_t full_syncs() const { return full_syncs_; }
  std::uint64_t partial_syncs() const { return partial_syncs_; }
  /// Some replica has not acknowledged all that was streamed.
  bool lags() const;
  void log_laggards() const;
  /// Asks for acknowledgements at once, whatever is paused next.
  void request_acks() { replication_.request_acks(); }
  void reset_statistics() {
    full_syncs_ = partial_syncs_ = input_bytes_ = 0;
    refused_before_ = replication_.partial_refused();
  }

 private:
  struct Master final : Watcher {
    ReplicationLink* owner = nullptr;
    Socket socket;
    std::string out;
    bool connecting = true, gone = false;
    void on_event(std::uint32_t events) override;
    void flush();
  };

  replication::Config read_config() const;
  replication::Replication::Unsent unsent() const;
  void act(const replication::Action& action);
  void connect(const std::string& ip, int port);
  void drop_master();
  void master_failed();
  void collect(std::string_view bytes);
  void load_collected();
  void execute_stream();
  bool heed_notice(const std::vector<std::string_view>& argv);
  void note_copy();
  void take_snapshot(const replication::TakeSnapshot& take);

  Node& node_;
  replication::Replication replication_;
  std::unique_ptr<Master> master_;
  std::vector<std::unique_ptr<Master>> dead_;
  std::unique_ptr<Session> applier_;
  RequestParser parser_;
  std::size_t parsed_ = 0;  ///< bytes of the stream behind whole commands, not yet consumed (inside MULTI)
  File collecting_;
  bool stream_held_ = false;
  bool collect_failed_ = false;
  std::uint64_t collected_bytes_ = 0;
  replication::TakeSnapshot snapshot_;
  replication::Actions deferred_;                   ///< what forward() left to perform()
  std::vector<cluster::strong::Copy> told_strong_;  ///< who was connected when it was last told
  std::uint64_t full_syncs_ = 0, partial_syncs_ = 0, refused_before_ = 0, input_bytes_ = 0;
};

}  // namespace node

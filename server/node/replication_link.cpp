#include "server/node/replication_link.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <sstream>
#include <utility>

#include "server/engine/call.h"
#include "server/engine/engine.h"
#include "server/engine/reply_errors.h"
#include "server/keyspace/number.h"
#include "server/node/cluster_link.h"
#include "server/node/node.h"
#include "server/node/reply_encode.h"

namespace node {

namespace {
constexpr std::size_t kLinkReadBytes = 256 * 1024;

std::string temporary_name(const char* what) {
  return "temp-" + std::string(what) + "-" + std::to_string(getpid()) + ".rdb";
}

/// What a cleanup at the wrong moment takes away: a defect.
void lose_some_keys(Engine& engine) {
  constexpr std::size_t kLost = 20;
  Database& db = engine.db(0);
  for (std::size_t i = 0; i < kLost && db.size() > 0; ++i) db.remove(db.random_key(random_source()));
}
}  // namespace

ReplicationLink::ReplicationLink(Node& node)
    : node_(node),
      replication_(read_config(), random_source().next()),
      applier_(std::make_unique<Session>()) {
  applier_->kind = Session::Kind::master;
  applier_->authenticated = true;
}

ReplicationLink::~ReplicationLink() = default;

replication::Config ReplicationLink::read_config() const {
  const Config& c = node_.config();
  replication::Config out;
  out.timeout = c.repl_timeout_s * 1000;
  out.ping_period = c.repl_ping_period_s * 1000;
  out.backlog_size = static_cast<std::size_t>(c.repl_backlog_size);
  out.diskless = c.diskless;
  out.diskless_delay = c.diskless_delay_s * 1000;
  out.diskless_max_replicas = static_cast<int>(c.diskless_max_replicas);
  out.port = static_cast<int>(c.replica_announce_port ? c.replica_announce_port : c.port);
  out.announce_ip = c.replica_announce_ip;
  out.defects = c.defects;
  out.masteruser = c.masteruser;
  out.masterauth = c.masterauth;
  const BufferLimit limit = c.output_limit("slave");
  out.replica_hard_limit = static_cast<std::size_t>(limit.hard);
  out.replica_soft_limit = static_cast<std::size_t>(limit.soft);
  out.replica_soft_period = limit.soft_seconds * 1000;
  return out;
}

void ReplicationLink::config_changed() {
  replication_.config() = read_config();
}

void ReplicationLink::start() {
  std::istringstream in(node_.config().replicaof);
  std::string host;
  int port = 0;
  if (!node_.cluster() && in >> host >> port) follow(host, port);
}

void ReplicationLink::follow(const std::string& ip, int port) {
  if (!follows()) node_.engine().release_blocked();
  node_.engine().state.keep_expired = true;
  parsed_ = 0;
  replication_.become_replica_of(ip, port, node_.steady_ms());
}

void ReplicationLink::become_master() {
  // Commands of an unfinished transaction are dropped with the link.
  parsed_ = 0;
  parser_ = RequestParser();
  applier_->in_multi = false;
  applier_->queue.clear();
  replication_.become_master(node_.steady_ms());
  node_.engine().state.keep_expired = false;
  if (node_.config().defects(Defect::kPromotionLosesKeys)) lose_some_keys(node_.engine());
}

void ReplicationLink::tick() {
  replication_.on_tick(node_.steady_ms());
}

replication::Replication::Unsent ReplicationLink::unsent() const {
  return [this](std::uint64_t id) {
    const Client* c = node_.clients().get(id);
    return c ? c->output_bytes() : 0;
  };
}

/// Who acknowledges is told with each acknowledgement.
void ReplicationLink::note_copy() {
  if (const ClusterLink* cluster = node_.cluster())
    replication_.config().strong_copy = cluster->strong_copy();
}

void ReplicationLink::tell_strong() {
  cluster::strong::Strong* strong = node_.cluster() ? node_.cluster()->strong() : nullptr;
  if (strong == nullptr || !strong->seated()) return;
  std::vector<cluster::strong::Copy> connected;
  for (const auto& [client, replica] : replication_.replicas()) {
    const auto copy = cluster::strong::Copy::parse(replica.strong_copy);
    if (!copy || replica.phase != replication::ReplicaInfo::Phase::kOnline) continue;
    strong->on_applied(*copy, replica.acked);
    connected.push_back(*copy);
  }
  for (const auto& copy : std::exchange(told_strong_, connected))
    if (std::find(connected.begin(), connected.end(), copy) == connected.end()) strong->on_gone(copy);
}

void ReplicationLink::perform() {
  note_copy();
  for (const replication::Action& a : std::exchange(deferred_, {})) act(a);
  for (int round = 0; round < 8; ++round) {
    const replication::Actions actions = replication_.drain(node_.steady_ms(), unsent());
    if (actions.empty()) break;
    for (const replication::Action& a : actions) act(a);
  }
}

void ReplicationLink::forward() {
  for (const replication::Action& a : replication_.drain_stream(node_.steady_ms(), unsent()))
    std::holds_alternative<replication::SendReplica>(a) ? act(a) : deferred_.push_back(a);
}

bool ReplicationLink::can_forward() const {
  if (!replication_.portions_left()) return false;
  const auto& replicas = replication_.replicas();
  return std::any_of(replicas.begin(), replicas.end(), [this](const auto& entry) {
    const Client* c = node_.clients().get(entry.first);
    return c && entry.second.phase == replication::ReplicaInfo::Phase::kOnline && c->output_bytes() == 0 &&
           entry.second.next_offset <= replication_.backlog().end();
  });
}

SnapshotNote ReplicationLink::note() const {
  if (!active()) return {};
  return {replication_.history().id, replication_.offset(), false, stream_db(), {}};
}

int ReplicationLink::stream_db() const {
  return follows() ? applier_->db : std::max(0, replication_.stream_db());
}

void ReplicationLink::restore(std::string_view repl_id, std::int64_t offset, bool master, int stream_db) {
  replication_.restore(repl_id, offset, master);
  applier_->db = stream_db;
}

bool ReplicationLink::active() const {
  return replication_.wants_stream();
}

void ReplicationLink::feed(int db, std::string_view resp) {
  if (follows() || !active()) return;
  replication_.feed(resp, node_.steady_ms(), db);
}

// ---- the socket to the master
// -----------------------------------------------------------------------------------

void ReplicationLink::connect(const std::string& ip, int port) {
  drop_master();
  auto master = std::make_unique<Master>();
  master->owner = this;
  master->socket = connect_tcp(ip, port);
  if (!master->socket) return replication_.on_master_closed(node_.steady_ms());
  set_nodelay(master->socket);
  node_.loop().add(master->socket.fd(), EPOLLIN | EPOLLOUT, master.get());
  applier_->id = node_.clients().next_id();
  applier_->address = Endpoint{ip, port}.str();
  applier_->created_ms = applier_->active_ms = node_.engine().state.now_ms;
  master_ = std::move(master);
}

void ReplicationLink::drop_master() {
  if (!master_) return;
  master_->gone = true;
  node_.loop().remove(master_->socket.fd());
  master_->socket.reset();
  dead_.push_back(std::move(master_));
  parser_ = RequestParser();
  parsed_ = 0;
  applier_->in_multi = false;
  applier_->queue.clear();
}

Session* ReplicationLink::master_session() {
  return master_ && link_up() ? applier_.get() : nullptr;
}

void ReplicationLink::kill_master_link() {
  node_.log('#', "Connection with master lost: closed by a command");
  master_failed();
}

void ReplicationLink::master_failed() {
  drop_master();
  replication_.on_master_closed(node_.steady_ms());
}

void ReplicationLink::Master::on_event(std::uint32_t events) {
  Node& node = owner->node_;
  if (gone || node.busy()) return;  // the stream changes data: after the script
  if (connecting) {
    if (connect_result(socket) != 0) return owner->master_failed();
    if (!(events & EPOLLOUT)) return;
    connecting = false;
    node.loop().change(socket.fd(), EPOLLIN, this);
    owner->replication_.on_master_connected(node.steady_ms());
    owner->perform();
    if (gone) return;
  }
  if (events & EPOLLOUT) flush();
  if (gone || !(events & EPOLLIN)) return;
  static thread_local std::vector<char> scratch(kLinkReadBytes);
  const ssize_t n = recv(socket.fd(), scratch.data(), scratch.size(), 0);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0) return owner->master_failed();
  owner->input_bytes_ += static_cast<std::size_t>(n);
  owner->replication_.on_master_bytes({scratch.data(), static_cast<std::size_t>(n)}, node.steady_ms());
  owner->perform();
}

void ReplicationLink::Master::flush() {
  while (!out.empty()) {
    const ssize_t n = ::send(socket.fd(), out.data(), out.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) break;
    if (n <= 0) return owner->master_failed();
    out.erase(0, static_cast<std::size_t>(n));
  }
  owner->node_.loop().change(socket.fd(), out.empty() ? EPOLLIN : EPOLLIN | EPOLLOUT, this);
}

// ---- actions
// ----------------------------------------------------------------------------------------------------

void ReplicationLink::act(const replication::Action& action) {
  struct Performer {
    ReplicationLink& link;
    Node& node;
    void operator()(const replication::ConnectMaster& a) const { link.connect(a.ip, a.port); }
    void operator()(const replication::SendMaster& a) const {
      if (!link.master_) return;
      link.master_->out += a.bytes;
      if (!link.master_->connecting) link.master_->flush();
    }
    void operator()(const replication::CloseMaster&) const { link.drop_master(); }
    void operator()(const replication::SnapshotBegin&) const {
      node.log('*', "MASTER <-> REPLICA sync: receiving the data");
      link.collecting_ =
          File(open(temporary_name("received").c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
      link.collect_failed_ = !link.collecting_;
      link.collected_bytes_ = 0;
    }
    void operator()(const replication::SnapshotBytes& a) const { link.collect(a.bytes); }
    void operator()(const replication::SnapshotEnd&) const { link.load_collected(); }
    void operator()(const replication::SnapshotAbort&) const {
      link.collecting_ = File();
      unlink(temporary_name("received").c_str());
    }
    void operator()(const replication::StreamReady&) const { link.execute_stream(); }
    void operator()(const replication::SendReplica& a) const {
      Client* c = node.clients().get(a.client);
      if (!c) return;
      if (a.bytes.starts_with("+CONTINUE")) ++link.partial_syncs_;
      if (a.bytes.starts_with("+FULLRESYNC")) ++link.full_syncs_;
      c->session.out.raw(a.bytes);
      node.clients().queue_flush(*c);
    }
    void operator()(const replication::CloseReplica& a) const {
      if (Client* c = node.clients().get(a.client)) node.clients().close_client(*c);
    }
    void operator()(const replication::TakeSnapshot& a) const {
      link.take_snapshot(a);
      if (node.cluster()) node.cluster()->tell_open_slots(true);  // the first that follows on the data
    }
    void operator()(const replication::AbortSnapshot&) const {
      if (node.storage().child_kind() == Storage::ChildKind::replicas) node.storage().kill_child();
    }
    void operator()(const replication::PauseWrites&) const {
      node.clients().pause_writes(std::numeric_limits<std::int64_t>::max());
    }
    void operator()(const replication::ResumeWrites&) const { node.clients().resume_writes(); }
    void operator()(const replication::HandOver& a) const {
      node.config().replicaof = a.ip + " " + std::to_string(a.port);
      link.follow(a.ip, a.port);
    }
    void operator()(const replication::HandedOver&) const { node.clients().resume_writes(); }
    void operator()(const replication::HandoverFailed&) const {
      node.config().replicaof.clear();
      link.become_master();
      node.clients().resume_writes();
    }
    void operator()(const replication::WaitDone& a) const {
      Client* c = node.clients().get(a.client);
      if (!c || !c->session.blocked) return;
      c->session.out.integer(a.replicas);
      node.engine().unblock(c->session);
    }
    void operator()(const replication::Log& a) const { node.log(".-*#"[static_cast<int>(a.level)], a.text); }
  };
  std::visit(Performer{*this, node_}, action);
}

void ReplicationLink::collect(std::string_view bytes) {
  collected_bytes_ += bytes.size();
  if (!collect_failed_ && !write_all(collecting_.fd(), bytes)) {
    node_.log('#',
              "Write error or short write writing to the DB dump file needed for MASTER <-> REPLICA "
              "synchronization: " +
                  errno_text());
    collect_failed_ = true;
  }
}

void ReplicationLink::load_collected() {
  const std::string path = temporary_name("received");
  std::optional<std::string> why;
  if (node_.cluster()) node_.cluster()->begin_life();
  note_copy();
  if (collect_failed_) {
    why = "the received data could not be written to disk";
  } else {
    std::string trouble;
    const MappedFile file(path, trouble);
    if (!trouble.empty())
      why = trouble;
    else
      applier_->db = node_.storage().load_snapshot(file.bytes(), why);
  }
  collecting_ = File();
  unlink(path.c_str());
  if (node_.cluster()) node_.cluster()->learn_open_slots("");  // those of this master come in its stream
  if (why)
    node_.log('#', "Failed trying to load the MASTER synchronization DB: " + *why);
  else
    node_.log('*', "MASTER <-> REPLICA sync: Finished with success");
  parser_ = RequestParser();
  parsed_ = 0;
  replication_.on_snapshot_loaded(!why, node_.steady_ms());
  if (!why) node_.storage().restart_aof_after_load();
}

void ReplicationLink::resume_stream() {
  if (!stream_held_ || node_.clients().paused_by_client()) return;
  execute_stream();
  perform();
}

/// What a master of ours tells beside the data. False: the line was another REPLCONF.
bool ReplicationLink::heed_notice(const std::vector<std::string_view>& argv) {
  if (argv.size() != 3 || !argv[2].starts_with(kOpenSlots)) return false;
  if (node_.cluster()) node_.cluster()->learn_open_slots(argv[2].substr(kOpenSlots.size()));
  return true;
}

/// A pause of clients holds the master's commands, too: what they would change must stay as it is.
void ReplicationLink::execute_stream() {
  stream_held_ = node_.clients().paused_by_client();
  if (stream_held_) return;
  Engine& engine = node_.engine();
  engine.state.show_expired = true;
  const ParserLimits limits{INT64_MAX / 4, true};
  // Views into the stream stay good until consume(), which therefore comes last.
  const std::string_view stream = replication_.stream();
  std::size_t executed = 0;
  bool asked = false;  // REPLCONF GETACK: answered when what stands before it is counted
  while (parser_.next(stream, limits) == RequestParser::Status::command) {
    const auto& argv = parser_.argv();
    if (!argv.empty()) {
      const Command* command = node_.engine().table.find(argv[0]);
      if (command && command->name == "replconf")
        asked = !heed_notice(argv) || asked;
      else
        engine.process(*applier_, argv);
      // A command of a later release, say: the master did it, we did not.
      if (const std::string& out = applier_->out.buffer(); out.starts_with('-'))
        node_.log(
            '#', "== CRITICAL == the master's command '" + std::string(argv[0]) +
                     "' was refused here, the data differ from now on: " + out.substr(1, out.find('\r') - 1));
      applier_->out.buffer().clear();
    }
    parsed_ = parser_.consumed();
    if (!applier_->in_multi) executed = parsed_;
  }
  engine.state.show_expired = false;
  if (executed) {
    parser_.rebase(executed);
    parsed_ -= executed;
    replication_.consume(executed, node_.steady_ms());
  }
  if (asked || (executed && !replication_.config().strong_copy.empty())) {
    const std::string_view words[] = {"replconf", "getack", "*"};
    replication_.on_replconf(0, words, node_.steady_ms());
  }
}

// ---- as a master
// ------------------------------------------------------------------------------------------------

void ReplicationLink::take_snapshot(const replication::TakeSnapshot& take) {
  snapshot_ = take;
  if (node_.storage().child_kind() != Storage::ChildKind::none) node_.storage().kill_child();
  node_.log('*', "Starting a snapshot for SYNC with " + std::to_string(take.clients.size()) + " replica(s)");
  if (const auto why = node_.storage().fork_snapshot(Storage::ChildKind::replicas, temporary_name("replicas"),
                                                     take.repl_id, take.repl_offset, take.functions_only)) {
    node_.log('#', *why);
    replication_.on_snapshot_failed(node_.steady_ms());
  }
}

void ReplicationLink::snapshot_written(bool succeeded) {
  const std::string path = temporary_name("replicas");
  if (!succeeded) {
    unlink(path.c_str());
    return replication_.on_snapshot_failed(node_.steady_ms());
  }
  struct stat info {};
  for (const std::uint64_t id : snapshot_.clients) {
    Client* c = node_.clients().get(id);
    auto transfer = std::make_unique<Transfer>();
    transfer->file = File(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!c || !transfer->file || fstat(transfer->file.fd(), &info) != 0) continue;
    if (snapshot_.eof_mark.empty()) {
      c->session.out.raw("$" + std::to_string(info.st_size) + "\r\n");
    } else {
      c->session.out.raw("$EOF:" + snapshot_.eof_mark + "\r\n");
      transfer->tail = snapshot_.eof_mark;
    }
    replication_.on_snapshot_sending(id);
    c->start_transfer(std::move(transfer));
    node_.clients().queue_flush(*c);
  }
  // The open descriptors keep it alive until all are served.
  unlink(path.c_str());
}

void ReplicationLink::snapshot_sent(std::uint64_t id) {
  replication_.on_snapshot_sent(id, node_.steady_ms());
}
void ReplicationLink::client_closed(std::uint64_t id) {
  replication_.on_client_closed(id, node_.steady_ms());
}

int ReplicationLink::good_replicas() const {
  const std::int64_t oldest = node_.steady_ms() - node_.config().min_replicas_max_lag_s * 1000;
  return static_cast<int>(
      std::count_if(replication_.replicas().begin(), replication_.replicas().end(), [&](const auto& r) {
        return r.second.phase == replication::ReplicaInfo::Phase::kOnline && r.second.ack_time >= oldest;
      }));
}

bool ReplicationLink::loading_beside_old_data() const {
  return node_.config().diskless_load == "swapdb" && follows() &&
         replication_.link().phase() == replication::MasterLink::Phase::kTransfer;
}

bool ReplicationLink::is_replica() const {
  // The cluster knows first: a node that starts as a replica follows nobody yet.
  return follows() || (node_.cluster() && node_.cluster()->is_replica());
}

cluster::ReplicaView ReplicationLink::view() const {
  const replication::MasterLink& link = replication_.link();
  return {follows(), link.connected(), link.last_interaction(), link.down_since()};
}

}  // namespace node

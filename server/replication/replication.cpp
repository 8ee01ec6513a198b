#include "server/replication/replication.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace node::replication {
namespace {

constexpr std::string_view kPing = "*1\r\n$4\r\nPING\r\n";
std::string select_command(int db) {
  const std::string number = std::to_string(db);
  return fmt::format("*2\r\n$6\r\nSELECT\r\n${}\r\n{}\r\n", number.size(), number);
}
constexpr std::string_view kGetAck = "*3\r\n$8\r\nREPLCONF\r\n$6\r\nGETACK\r\n$1\r\n*\r\n";
constexpr Ms kNewlinePeriod = 1000;
constexpr int kIdLength = 40;
/// What a replica's connection is given at a time.
constexpr std::size_t kPortion = 256 * 1024;

using Phase = ReplicaInfo::Phase;

}  // namespace

Replication::Replication(Config config, std::uint64_t seed)
    : config_(std::move(config)), prng_(seed), backlog_(config_.backlog_size) {
  history_.id = prng_.hex(kIdLength);
}

void Replication::restore(std::string_view repl_id, std::int64_t offset, bool master) {
  if (repl_id.size() != kIdLength || offset < 0) return;
  history_ = History{std::string(repl_id), std::string(kIdLength, '0'), -1};
  offset_ = offset;
  active_ = resumable_ = true;
  backlog_.reset(offset_);
  if (master) shift_history(prng_.hex(kIdLength));
}

void Replication::rename_history() {
  history_ = History{prng_.hex(kIdLength), std::string(kIdLength, '0'), -1};
}

// ---- role ----

void Replication::become_replica_of(std::string ip, int port, Ms now) {
  const bool was_replica = replica_;
  // A master tries to go on from its own history: its heir knows it as the second one.
  if (!replica_) {
    resumable_ = true;
    // Nothing was written under the present name: what is here is what the old name says. An heir knows us by
    // the present one.
    const bool handing_over = failover_.state == Failover::State::kInProgress;
    if (history_.second_offset == offset_ + 1 && !handing_over)
      history_ = History{history_.id2, std::string(kIdLength, '0'), -1};
  }
  replica_ = true;
  for (const Wait& wait : std::exchange(waits_, {}))
    actions_.push_back(WaitDone{wait.client, count_acked(wait.offset)});
  link_.hand_over(failover_.state == Failover::State::kInProgress);
  link_.follow(std::move(ip), port, actions_);
  // Whoever replicates from a replica may stay until another history takes the place of the present one.
  if (!was_replica) disconnect_replicas();
  link_.on_tick(config_, offset_, now, actions_);
}

void Replication::become_master(Ms now) {
  if (!replica_) return;
  handle_link_events();
  replica_ = false;
  link_.stop(actions_);
  shift_history(prng_.hex(kIdLength));
  stream_db_ = -1;
  last_ping_ = now;
  disconnect_replicas();  // they come back, learn the new id and go on where they were
  actions_.push_back(Log{
      LogLevel::kWarning,
      fmt::format("Setting secondary replication ID to {}, valid up to offset: {}. New replication ID is {}",
                  history_.id2, history_.second_offset, history_.id)});
}

void Replication::shift_history(std::string new_id) {
  history_.id2 = std::move(history_.id);
  history_.second_offset = offset_ + 1;
  history_.id = std::move(new_id);
}

void Replication::disconnect_replicas() {
  std::erase_if(replicas_, [this](const auto& entry) {
    if (entry.second.phase == Phase::kHandshake) return false;  // it has nothing of the stream yet
    actions_.push_back(CloseReplica{entry.first});
    return true;
  });
  snapshot_running_ = false;
}

// ---- the stream ----

/// The stream exists from here on. Nobody can know an older part of it, so it starts under a new name.
void Replication::activate() {
  if (active_) return;
  active_ = true;
  history_ = History{prng_.hex(kIdLength), std::string(kIdLength, '0'), -1};
  backlog_.reset(offset_);
}

void Replication::append_to_stream(std::string_view bytes) {
  backlog_.append(bytes);
  offset_ += static_cast<std::int64_t>(bytes.size());
}

void Replication::append_get_ack() {
  append_to_stream(kGetAck);
}

void Replication::feed(std::string_view resp, Ms, int db) {
  if (!active_ || replica_) return;
  if (std::exchange(stream_db_, db) != db) append_to_stream(select_command(db));
  append_to_stream(resp);
}

void Replication::consume(std::size_t count, Ms) {
  append_to_stream(link_.stream().substr(0, count));
  link_.consume(count);
}

/// `lag` in bytes. The hard limit is never below the backlog: what is kept for the absent may be kept for the
/// present.
bool Replication::lags_too_far(ReplicaInfo& replica, std::size_t lag, Ms now) const {
  const std::size_t hard = config_.replica_hard_limit, soft = config_.replica_soft_limit;
  if (hard != 0 && lag > std::max(hard, config_.backlog_size)) return true;
  if (soft == 0 || lag <= soft) {
    replica.over_soft_since = 0;
    return false;
  }
  if (replica.over_soft_since == 0) replica.over_soft_since = now;
  return now - replica.over_soft_since > config_.replica_soft_period;
}

/// Hands the new part of the stream to whoever is ready for it, and lets go of what nobody needs.
void Replication::forward_stream(const Unsent& unsent, Ms now) {
  const std::int64_t end = backlog_.end();
  std::int64_t pinned = end + 1;
  portions_left_ = false;
  for (auto it = replicas_.begin(); it != replicas_.end();) {
    auto& [client, replica] = *it;
    std::size_t waiting = 0;  // in its connection
    if (replica.phase == Phase::kOnline && !replica.rdb_only) {
      waiting = unsent ? unsent(client) : 0;
      if (replica.next_offset <= end && waiting < kPortion) {
        std::string portion =
            backlog_.read(replica.next_offset, unsent ? kPortion - waiting : std::string::npos);
        replica.next_offset += static_cast<std::int64_t>(portion.size());
        waiting += portion.size();
        actions_.push_back(SendReplica{client, std::move(portion)});
      }
      portions_left_ = portions_left_ || replica.next_offset <= end;
    }
    const bool reads = replica.phase == Phase::kSnapshot || replica.phase == Phase::kWaitAck ||
                       replica.phase == Phase::kOnline;
    if (reads && !replica.rdb_only) {
      const auto lag = static_cast<std::size_t>(end + 1 - replica.next_offset) + waiting;
      if (lags_too_far(replica, lag, now)) {
        actions_.push_back(Log{
            LogLevel::kWarning,
            fmt::format("Client id={} addr={} (replica) scheduled to be closed ASAP for overcoming of output "
                        "buffer limits.",
                        client, replica.address())});
        actions_.push_back(CloseReplica{client});
        it = replicas_.erase(it);
        continue;
      }
      pinned = std::min(pinned, replica.next_offset);
    }
    ++it;
  }
  backlog_.set_capacity(config_.backlog_size);
  backlog_.trim(pinned);
}

// ---- as a master ----

bool Replication::can_continue(std::string_view id, std::int64_t offset) const {
  if (!active_ || !backlog_.covers(offset)) return false;
  return id == history_.id || config_.defects(Defect::kResyncAnyHistory) ||
         (id == history_.id2 && offset <= history_.second_offset);
}

void Replication::continue_from(ClientId client, ReplicaInfo& replica, std::int64_t offset, Ms now) {
  replica.phase = Phase::kOnline;
  replica.next_offset = config_.defects(Defect::kResyncHole) ? backlog_.end() + 1 : offset;
  replica.ack_time = now;
  actions_.push_back(SendReplica{
      client, replica.capa_psync2 ? fmt::format("+CONTINUE {}\r\n", history_.id) : "+CONTINUE\r\n"});
  actions_.push_back(Log{
      LogLevel::kNotice,
      fmt::format(
          "Partial resynchronization request accepted. Sending {} bytes of backlog starting from offset {}.",
          backlog_.end() + 1 - offset, offset)});
}

std::optional<Reply> Replication::on_psync(ClientId client, std::string_view id, std::int64_t offset, Ms now,
                                           std::string peer_ip) {
  if (replica_ && !link_.connected())
    return Reply::raw_error("NOMASTERLINK Can't SYNC while not connected with my master");
  ReplicaInfo& replica = replicas_[client];
  if (replica.phase != Phase::kHandshake) return std::nullopt;
  replica.peer_ip = std::move(peer_ip);
  replica.plain_sync = id.empty();
  if (!replica.plain_sync && can_continue(id, offset)) {
    continue_from(client, replica, offset, now);
    return std::nullopt;
  }
  if (!id.empty() && id != "?") ++partial_refused_;
  if (!replica_) activate();
  replica.phase = Phase::kWaitSnapshot;
  replica.waiting_since = replica.ack_time = now;
  actions_.push_back(Log{LogLevel::kNotice, "Full resync requested by a replica"});
  return std::nullopt;
}

/// One snapshot serves all that wait; a diskless one waits for more of them first.
void Replication::begin_waiting_snapshot(Ms now) {
  if (snapshot_running_) return;
  TakeSnapshot take;
  bool all_can_eof = true;
  Ms since = now;
  for (const auto& [client, replica] : replicas_) {
    if (replica.phase != Phase::kWaitSnapshot) continue;
    // One snapshot serves those who want the same of it; the others wait for the next.
    if (take.clients.empty()) take.functions_only = replica.functions_only;
    if (replica.functions_only != take.functions_only) continue;
    take.clients.push_back(client);
    all_can_eof = all_can_eof && replica.capa_eof;
    since = std::min(since, replica.waiting_since);
  }
  if (take.clients.empty()) return;
  const bool diskless = config_.diskless && all_can_eof;
  const bool enough = config_.diskless_max_replicas > 0 &&
                      take.clients.size() >= static_cast<std::size_t>(config_.diskless_max_replicas);
  if (diskless && !enough && now - since < config_.diskless_delay) return;
  snapshot_running_ = true;
  stream_db_ = -1;
  if (diskless) take.eof_mark = prng_.hex(kIdLength);
  take.repl_id = history_.id;
  take.repl_offset = offset_;
  for (ClientId client : take.clients) {
    ReplicaInfo& replica = replicas_[client];
    replica.phase = Phase::kSnapshot;
    replica.transferring = false;
    replica.next_offset = offset_ + 1;
    if (!replica.plain_sync)
      actions_.push_back(SendReplica{client, fmt::format("+FULLRESYNC {} {}\r\n", history_.id, offset_)});
  }
  actions_.push_back(std::move(take));
}

void Replication::on_snapshot_sending(ClientId client) {
  const auto it = replicas_.find(client);
  if (it != replicas_.end()) it->second.transferring = true;
}

void Replication::on_snapshot_sent(ClientId client, Ms now) {
  const auto it = replicas_.find(client);
  if (it != replicas_.end() && it->second.phase == Phase::kSnapshot) {
    it->second.phase =
        it->second.capa_eof && config_.diskless && !it->second.plain_sync ? Phase::kWaitAck : Phase::kOnline;
    it->second.ack_time = now;
    if (config_.defects(Defect::kSnapshotWithoutBacklog)) it->second.next_offset = backlog_.end() + 1;
  }
  snapshot_running_ = std::any_of(replicas_.begin(), replicas_.end(),
                                  [](const auto& entry) { return entry.second.phase == Phase::kSnapshot; });
}

void Replication::on_snapshot_failed(Ms) {
  snapshot_running_ = false;
  std::erase_if(replicas_, [this](const auto& entry) {
    if (entry.second.phase != Phase::kSnapshot) return false;
    actions_.push_back(CloseReplica{entry.first});
    return true;
  });
}

void Replication::on_client_closed(ClientId client, Ms now) {
  std::erase_if(waits_, [client](const Wait& wait) { return wait.client == client; });
  const auto it = replicas_.find(client);
  if (it == replicas_.end()) return;
  const bool in_snapshot = it->second.phase == Phase::kSnapshot;
  replicas_.erase(it);
  if (!in_snapshot || !snapshot_running_) return;
  on_snapshot_sent(client, now);
  if (!snapshot_running_) actions_.push_back(AbortSnapshot{});
}

std::optional<int> Replication::wait(ClientId client, int replicas, Ms timeout, std::int64_t offset, Ms now) {
  const int acked = count_acked(offset);
  if (acked >= replicas) return acked;
  waits_.push_back({client, replicas, offset, timeout == 0 ? 0 : now + timeout});
  ask_for_acks_ = true;
  return std::nullopt;
}

int Replication::count_acked(std::int64_t offset) const {
  return static_cast<int>(std::count_if(replicas_.begin(), replicas_.end(), [offset](const auto& entry) {
    return entry.second.phase == Phase::kOnline && entry.second.acked >= offset;
  }));
}

void Replication::answer_waits(Ms now) {
  std::erase_if(waits_, [&](const Wait& wait) {
    const int acked = count_acked(wait.offset);
    if (acked < wait.replicas && (wait.deadline == 0 || now < wait.deadline)) return false;
    actions_.push_back(WaitDone{wait.client, acked});
    return true;
  });
}

void Replication::keep_waiting_alive(Ms now) {
  if (now - last_newline_ < kNewlinePeriod) return;
  last_newline_ = now;
  for (const auto& [client, replica] : replicas_)
    if (replica.phase == Phase::kWaitSnapshot) actions_.push_back(SendReplica{client, "\n"});
}

void Replication::drop_silent_replicas(Ms now) {
  std::erase_if(replicas_, [&](const auto& entry) {
    const ReplicaInfo& replica = entry.second;
    const bool acknowledges = replica.phase == Phase::kOnline || replica.phase == Phase::kWaitAck;
    if (!acknowledges || replica.plain_sync || now - replica.ack_time <= config_.timeout) return false;
    actions_.push_back(Log{LogLevel::kWarning, "Disconnecting timedout replica (streaming sync)"});
    actions_.push_back(CloseReplica{entry.first});
    return true;
  });
}

// ---- as a replica ----

void Replication::on_master_connected(Ms now) {
  link_.on_connected(config_, now, actions_);
}

void Replication::on_master_closed(Ms now) {
  link_.on_closed(now, actions_);
  handle_link_events();
}

void Replication::on_master_bytes(std::string_view bytes, Ms now) {
  link_.on_bytes(bytes, config_, resumable_ ? history_.id : "?", resumable_ ? offset_ + 1 : -1, now,
                 actions_);
  handle_link_events();
}

void Replication::handle_link_events() {
  for (MasterLink::Event& event : link_.take_events()) {
    switch (event.kind) {
      case MasterLink::Event::Kind::kFullResync:
        pending_ = History{std::move(event.id), std::string(kIdLength, '0'), -1};
        pending_offset_ = event.offset;
        end_failover(true);
        break;
      case MasterLink::Event::Kind::kRefused:
        actions_.push_back(
            Log{LogLevel::kWarning, "Aborting failover: Failover target rejected psync request"});
        end_failover(false);
        break;
      case MasterLink::Event::Kind::kContinue:
        end_failover(true);
        if (!config_.strong_copy.empty()) link_.send_ack(config_, offset_, actions_);
        if (event.id.empty() || event.id == history_.id) break;
        shift_history(std::move(event.id));
        disconnect_replicas();
        break;
      case MasterLink::Event::Kind::kLinkLost:
        break;  // history_ and offset_ say where to go on
    }
  }
}

void Replication::on_snapshot_loaded(bool ok, Ms now) {
  resumable_ = ok;
  if (ok) {
    history_ = pending_;
    offset_ = pending_offset_;
    active_ = true;
    backlog_.reset(offset_);
    disconnect_replicas();  // theirs is another history now
  }
  link_.on_loaded(config_, ok, offset_, now, actions_);
}

std::int64_t Replication::usable_offset() const {
  const bool replaced =
      link_.phase() == MasterLink::Phase::kTransfer || link_.phase() == MasterLink::Phase::kLoading;
  return replica_ && (replaced || !resumable_) ? 0 : offset_;
}

// ---- both ----

void Replication::on_tick(Ms now) {
  if (replica_) {
    link_.on_tick(config_, offset_, now, actions_);
    handle_link_events();
  } else if (now - last_ping_ >= config_.ping_period && !paused_) {
    last_ping_ = now;
    if (active_ && !replicas_.empty()) append_to_stream(kPing);
  }
  step_failover(now);
  keep_waiting_alive(now);
  drop_silent_replicas(now);
  answer_waits(now);
}

Actions Replication::drain(Ms now, const Unsent& unsent) {
  if (!paused_ && std::exchange(ask_for_acks_, false) && !replica_ && active_) append_get_ack();
  begin_waiting_snapshot(now);
  return drain_stream(now, unsent);
}

Actions Replication::drain_stream(Ms now, const Unsent& unsent) {
  forward_stream(unsent, now);
  return std::exchange(actions_, {});
}

}  // namespace node::replication

// FAILOVER: a master hands over to a replica of its own without losing a write. Writes wait; when the replica
// has acknowledged everything, the master follows it, and its PSYNC asks the other to take over.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "server/replication/replication.h"

namespace node::replication {

using Phase = ReplicaInfo::Phase;

std::optional<std::string> Replication::begin_failover(FailoverRequest request, Ms now) {
  if (failover_.state != Failover::State::kNone) return "FAILOVER already in progress.";
  if (replica_) return "FAILOVER is not valid when server is a replica.";
  const auto follows = [](const auto& entry) { return entry.second.phase != Phase::kHandshake; };
  if (std::none_of(replicas_.begin(), replicas_.end(), follows))
    return "FAILOVER requires connected replicas.";
  if (request.force && (request.ip.empty() || request.timeout == 0))
    return "FAILOVER with force option requires both a timeout and target HOST and IP.";
  if (!request.ip.empty()) {
    const auto target = std::find_if(replicas_.begin(), replicas_.end(), [&](const auto& entry) {
      return follows(entry) && entry.second.address() == request.ip && entry.second.port == request.port;
    });
    if (target == replicas_.end()) return "FAILOVER target HOST and PORT is not a replica.";
    if (target->second.phase != Phase::kOnline) return "FAILOVER target replica is not online.";
  }
  failover_.state = Failover::State::kWaiting;
  failover_.deadline = request.timeout ? now + request.timeout : 0;
  failover_.request = std::move(request);
  actions_.push_back(Log{LogLevel::kNotice, "FAILOVER requested."});
  actions_.push_back(PauseWrites{});
  // The last bytes of the stream; the answers to them say who has it all.
  ask_for_acks_ = false;
  append_get_ack();
  return std::nullopt;
}

bool Replication::abort_failover() {
  if (failover_.state == Failover::State::kNone) return false;
  actions_.push_back(Log{LogLevel::kNotice, "Aborting failover: Failover manually aborted"});
  end_failover(false);
  return true;
}

std::string_view Replication::failover_state() const {
  switch (failover_.state) {
    case Failover::State::kWaiting:
      return "waiting-for-sync";
    case Failover::State::kInProgress:
      return "failover-in-progress";
    default:
      return "no-failover";
  }
}

std::optional<std::string> Replication::refuse_handover(std::string_view id) const {
  if (!replica_) return "PSYNC FAILOVER can't be sent to a master.";
  if (id != history_.id) return "PSYNC FAILOVER replid must match my replid.";
  return std::nullopt;
}

void Replication::step_failover(Ms now) {
  if (failover_.state != Failover::State::kWaiting) return;
  const FailoverRequest& wanted = failover_.request;
  std::string ip;
  int port = 0;
  for (const auto& [client, replica] : replicas_) {
    const bool chosen = wanted.ip.empty() || (replica.address() == wanted.ip && replica.port == wanted.port);
    if (!chosen || replica.phase != Phase::kOnline || replica.acked < offset_) continue;
    ip = replica.address();
    port = replica.port;
    break;
  }
  if (ip.empty()) {
    if (failover_.deadline == 0 || now < failover_.deadline) return;
    if (!wanted.force) {
      actions_.push_back(
          Log{LogLevel::kWarning, "Aborting failover: Replica never caught up before timeout"});
      return end_failover(false);
    }
    ip = wanted.ip;
    port = wanted.port;
    actions_.push_back(
        Log{LogLevel::kNotice, fmt::format("Failover to {}:{} time out exceeded, failing over.", ip, port)});
  }
  failover_.state = Failover::State::kInProgress;
  actions_.push_back(HandOver{std::move(ip), port});
}

void Replication::end_failover(bool handed_over) {
  const Failover ended = std::exchange(failover_, Failover{});
  link_.hand_over(false);
  if (ended.state == Failover::State::kNone) return;
  if (ended.state == Failover::State::kWaiting) {
    actions_.push_back(ResumeWrites{});
  } else if (handed_over) {
    actions_.push_back(HandedOver{});
  } else {
    actions_.push_back(HandoverFailed{});
  }
}

}  // namespace node::replication

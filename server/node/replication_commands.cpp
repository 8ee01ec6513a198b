/// What clients ask of replication: REPLICAOF, ROLE, REPLCONF, PSYNC, WAIT and INFO's section.
#include <algorithm>
#include <limits>
#include <sstream>

#include "server/engine/call.h"
#include "server/engine/engine.h"
#include "server/engine/reply_errors.h"
#include "server/keyspace/number.h"
#include "server/node/cluster_link.h"
#include "server/node/node.h"
#include "server/node/replication_link.h"
#include "server/node/reply_encode.h"

namespace node {

void ReplicationLink::command_replicaof(Call& call) {
  if (node_.cluster()) return call.error("ERR REPLICAOF not allowed in cluster mode.");
  if (replication_.failover_state() != "no-failover")
    return call.error("ERR REPLICAOF not allowed while failing over.");
  if (call.is(1, "no") && call.is(2, "one")) {
    if (follows()) {
      become_master();
      node_.log('*', "MASTER MODE enabled (user request)");
    }
    node_.config().replicaof.clear();
    return call.reply.ok();
  }
  const auto port = call.integer_in(2, 0, 65535, "ERR Invalid master port");
  if (!port) return;
  const std::string ip(call.arg(1));
  const replication::MasterLink& link = replication_.link();
  if (follows() && link.ip() == ip && link.port() == *port)
    return call.reply.status("OK Already connected to specified master");
  node_.config().replicaof = ip + " " + std::to_string(*port);
  follow(ip, static_cast<int>(*port));
  call.reply.ok();
}

void ReplicationLink::command_role(Call& call) {
  Writer& out = call.reply;
  if (follows()) {
    const replication::MasterLink& link = replication_.link();
    using Phase = replication::MasterLink::Phase;
    const char* state = "handshake";
    if (link.phase() == Phase::kNone || link.phase() == Phase::kConnect) state = "connect";
    if (link.phase() == Phase::kConnecting) state = "connecting";
    if (link.phase() == Phase::kTransfer || link.phase() == Phase::kLoading) state = "sync";
    if (link.connected()) state = "connected";
    out.array(5);
    out.bulk("slave");
    out.bulk(link.ip());
    out.integer(link.port());
    out.bulk(state);
    return out.integer(link.connected() ? offset() : -1);
  }
  std::vector<std::pair<std::uint64_t, replication::ReplicaInfo>> online;
  for (const auto& [id, r] : replication_.replicas())
    if (r.phase == replication::ReplicaInfo::Phase::kOnline) online.emplace_back(id, r);
  out.array(3);
  out.bulk("master");
  out.integer(offset());
  out.array(online.size());
  for (const auto& [id, r] : online) {
    out.array(3);
    out.bulk(r.address());
    out.bulk(std::to_string(r.port));
    out.bulk(std::to_string(r.acked));
  }
}

void ReplicationLink::command_replconf(Call& call) {
  if (call.client.kind == Session::Kind::master) return;
  if (const auto reply = replication_.on_replconf(call.client.id, call.argv, node_.steady_ms()))
    encode_reply(*reply, call.reply);
}

void ReplicationLink::command_psync(Call& call) {
  if (call.client.kind == Session::Kind::replica) return;
  // Whoever has not the seat may have nothing, and would take from others what they have.
  if (node_.cluster() && node_.cluster()->strong() && !node_.cluster()->strong()->seated())
    return call.error("NOMASTERLINK Can't SYNC while another node may be the master of this shard");
  const bool plain = call.command.name == "sync";
  std::int64_t wanted = -1;
  if (!plain) {
    const auto n = call.integer(2);
    if (!n) return;
    wanted = *n;
  }
  if (!plain && call.argc() > 3 && call.is(3, "failover")) {
    if (const auto why = replication_.refuse_handover(call.arg(1))) return call.error("ERR " + *why);
    become_master();
    node_.config().replicaof.clear();
    node_.log('*', "MASTER MODE enabled (failover request from '" + call.client.address + "')");
  }
  call.client.kind = Session::Kind::replica;
  const Client* client = node_.clients().get(call.client.id);
  if (const auto reply =
          replication_.on_psync(call.client.id, plain ? std::string_view() : call.arg(1), wanted,
                                node_.steady_ms(), client ? peer_of(client->socket).ip : std::string())) {
    call.client.kind = Session::Kind::normal;
    encode_reply(*reply, call.reply);
  } else if (node_.cluster()) {
    node_.cluster()->tell_open_slots(true);
  }
}

/// FAILOVER [TO host port [FORCE]] [ABORT] [TIMEOUT ms]
void ReplicationLink::command_failover(Call& call) {
  if (node_.cluster())
    return call.error("ERR FAILOVER not allowed in cluster mode. Use CLUSTER FAILOVER command instead.");
  replication::Replication::FailoverRequest request;
  bool abort = false;
  for (std::size_t i = 1; i < call.argc(); ++i) {
    if (call.is(i, "timeout") && i + 1 < call.argc() && request.timeout == 0) {
      const auto timeout = call.integer(++i);
      if (!timeout) return;
      if (*timeout <= 0) return call.error("ERR FAILOVER timeout must be greater than 0");
      request.timeout = *timeout;
    } else if (call.is(i, "abort")) {
      abort = true;
    } else if (call.is(i, "to") && i + 2 < call.argc() && request.ip.empty()) {
      const auto port = call.integer_in(i + 2, 0, 65535);
      if (!port) return;
      request.ip = call.arg(i + 1);
      request.port = static_cast<int>(*port);
      i += 2;
    } else if (call.is(i, "force")) {
      request.force = true;
    } else {
      return call.syntax_error();
    }
  }
  if (abort) {
    if (call.argc() > 2) return call.syntax_error();
    if (!replication_.abort_failover()) return call.error("ERR No failover in progress.");
  } else if (const auto why = replication_.begin_failover(std::move(request), node_.steady_ms())) {
    return call.error("ERR " + *why);
  }
  perform();
  call.reply.ok();
}

void ReplicationLink::command_wait(Call& call) {
  if (follows())
    return call.error(
        "ERR WAIT cannot be used with replica instances. Please also note that since Redis 4.0 if a replica "
        "is "
        "configured to be writable (which is not the default) writes to replicas are just local and are not "
        "propagated.");
  const auto wanted = call.integer(1);
  if (!wanted) return;
  if (*wanted > std::numeric_limits<int>::max())
    return call.error("ERR value is out of range, value must between 0 and 2147483647");
  const auto timeout = parse_integer(call.arg(2));
  if (!timeout) return call.error("ERR timeout is not an integer or out of range");
  if (*timeout < 0) return call.error(error::timeout_negative);
  const bool may_block = !call.client.executing && call.client.kind == Session::Kind::normal;
  const auto count = replication_.wait(call.client.id, may_block ? static_cast<int>(*wanted) : 0, *timeout,
                                       call.client.write_offset, node_.steady_ms());
  if (count) return call.reply.integer(*count);
  call.client.blocked = std::make_unique<Blocked>();
  call.client.blocked->reason = Blocked::For::wait;
  ++node_.engine().blocked_count;
}

namespace {
bool counts(const replication::ReplicaInfo& r) {
  return r.phase != replication::ReplicaInfo::Phase::kHandshake && !r.rdb_only && !r.plain_sync;
}
}  // namespace

bool ReplicationLink::lags() const {
  const auto& all = replication_.replicas();
  return std::any_of(all.begin(), all.end(), [this](const auto& entry) {
    return counts(entry.second) && entry.second.acked < replication_.offset();
  });
}

void ReplicationLink::log_laggards() const {
  int in_sync = 0, all = 0;
  for (const auto& [id, r] : replication_.replicas()) {
    if (!counts(r)) continue;
    ++all;
    if (r.acked >= replication_.offset()) {
      ++in_sync;
      continue;
    }
    node_.log('*', "Lagging replica " + r.address() + ":" + std::to_string(r.port) + " reported offset " +
                       std::to_string(replication_.offset() - r.acked) +
                       " behind master, state=" + r.state_name() + ".");
  }
  if (all)
    node_.log('*', std::to_string(in_sync) + " of " + std::to_string(all) +
                       " replicas are in sync when shutting down.");
}

std::string ReplicationLink::info() const {
  std::string out = "# Replication\r\n";
  auto add = [&](std::string_view name, const std::string& value) {
    out += name;
    out += ":" + value + "\r\n";
  };
  const std::int64_t now = node_.steady_ms();
  const replication::MasterLink& link = replication_.link();
  add("role", follows() ? "slave" : "master");
  if (follows()) {
    using Phase = replication::MasterLink::Phase;
    const bool syncing = link.phase() == Phase::kTransfer || link.phase() == Phase::kLoading;
    add("master_host", link.ip());
    add("master_port", std::to_string(link.port()));
    add("master_link_status",
        link.connected() || node_.config().defects(Defect::kLinkStatusLies) ? "up" : "down");
    add("master_last_io_seconds_ago",
        link.connected() ? std::to_string((now - link.last_interaction()) / 1000) : "-1");
    add("master_sync_in_progress", syncing ? "1" : "0");
    add("slave_read_repl_offset", std::to_string(offset()));
    add("slave_repl_offset", std::to_string(offset()));
    if (!link.connected())
      add("master_link_down_since_seconds",
          link.down_since() ? std::to_string((now - link.down_since()) / 1000) : "-1");
    add("slave_priority", std::to_string(node_.config().replica_priority));
    add("slave_read_only", node_.config().replica_read_only ? "1" : "0");
    add("replica_announced", "1");
  }
  std::string slaves;
  int number = 0;
  for (const auto& [id, r] : replication_.replicas()) {
    if (r.phase == replication::ReplicaInfo::Phase::kHandshake) continue;
    slaves += "slave" + std::to_string(number++) + ":ip=" + r.address() + ",port=" + std::to_string(r.port) +
              ",state=" + r.state_name() + ",offset=" + std::to_string(r.acked) +
              ",lag=" + std::to_string(r.ack_time ? (now - r.ack_time) / 1000 : 0) + "\r\n";
  }
  add("connected_slaves", std::to_string(number));
  out += slaves;
  const replication::History& history = replication_.history();
  const replication::Backlog& backlog = replication_.backlog();
  add("master_failover_state", std::string(replication_.failover_state()));
  add("master_replid", history.id);
  add("master_replid2", history.id2);
  add("master_repl_offset", std::to_string(offset()));
  add("second_repl_offset", std::to_string(history.second_offset));
  add("repl_backlog_active", active() ? "1" : "0");
  add("repl_backlog_size", std::to_string(backlog.capacity()));
  add("repl_backlog_first_byte_offset", std::to_string(active() ? backlog.first() : 0));
  add("repl_backlog_histlen", std::to_string(backlog.size()));
  return out;
}

}  // namespace node

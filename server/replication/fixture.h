// Masters and replicas joined in memory, for the tests of replication.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "server/replication/replication.h"

namespace node::replication::fixture {

inline std::string command(std::initializer_list<std::string_view> words) {
  std::string text = "*" + std::to_string(words.size()) + "\r\n";
  for (std::string_view word : words)
    text += "$" + std::to_string(word.size()) + "\r\n" + std::string(word) + "\r\n";
  return text;
}

/// Cuts one RESP command off the front of `text`; empty if it is not whole.
inline std::vector<std::string> take_command(std::string& text) {
  std::size_t at = text.find("\r\n");
  if (at == std::string::npos || text[0] != '*') return {};
  const int count = std::stoi(text.substr(1));
  std::vector<std::string> words;
  at += 2;
  for (int i = 0; i < count; ++i) {
    const std::size_t end = text.find("\r\n", at);
    if (end == std::string::npos) return {};
    const std::size_t length = std::stoul(text.substr(at + 1));
    if (text.size() < end + 2 + length + 2) return {};
    words.push_back(text.substr(end + 2, length));
    at = end + 2 + length + 2;
  }
  text.erase(0, at);
  return words;
}

/// A node whose data is the concatenation of all values it was told to append.
struct Peer {
  explicit Peer(std::uint64_t seed) : replication(Config{}, seed) {
    replication.config().diskless_delay = 200;
  }
  Replication replication;
  std::string data;
  std::string arriving;  // a snapshot
  int snapshots_loaded = 0;
  std::vector<int> waits;
};

/// A master and replicas joined in memory; every byte goes through the wire formats.
struct Shard {
  std::vector<std::unique_ptr<Peer>> peers;
  Ms now = 1000;
  std::map<int, int> master_of;      // replica -> index of the peer it is connected to
  std::map<int, std::string> inbox;  // what the replica sent to its master, not yet parsed
  std::set<int> refused;             // nobody connects there
  std::set<int> deaf;                // what they are sent stays on the way
  std::set<int> pauses;              // those whose writes wait

  int add() {
    peers.push_back(std::make_unique<Peer>(peers.size() + 1));
    const int index = static_cast<int>(peers.size()) - 1;
    peer(index).replication.config().port = index;
    return index;
  }
  Peer& peer(int i) { return *peers[i]; }
  void follow(int replica, int master) {
    peer(replica).replication.become_replica_of("10.0.0.1", master, now);
  }
  void write(int i, std::string_view value) {
    peer(i).data += value;
    peer(i).replication.feed(command({"APPEND", "k", value}), now);
  }
  void cut(int replica) {
    if (master_of.erase(replica) == 0) return;
    peer(replica).replication.on_master_closed(now);
  }

  void run(Ms duration) {
    for (const Ms end = now + duration; now < end; now += 100) {
      for (auto& p : peers) p->replication.on_tick(now);
      for (bool busy = true; busy;) {
        busy = false;
        for (int i = 0; i < static_cast<int>(peers.size()); ++i) busy |= perform(i);
      }
    }
  }

  bool perform(int i) {
    const Actions actions = peer(i).replication.drain(now);
    for (const Action& action : actions) std::visit([&](const auto& a) { on(i, a); }, action);
    apply(i);
    return !actions.empty();
  }
  void apply(int i) {
    Replication& r = peer(i).replication;
    while (!r.stream().empty()) {
      std::string rest(r.stream());
      const std::size_t before = rest.size();
      const auto words = take_command(rest);
      if (words.empty()) return;
      if (words[0] == "APPEND") peer(i).data += words[2];
      if (words[0] == "REPLCONF") answer_getack(i, words);
      r.consume(before - rest.size(), now);
    }
  }
  void answer_getack(int i, const std::vector<std::string>& words) {
    const std::vector<std::string_view> argv(words.begin(), words.end());
    peer(i).replication.on_replconf(0, argv, now);
  }

  void on(int i, const ConnectMaster& a) {
    if (refused.contains(a.port)) return peer(i).replication.on_master_closed(now);
    master_of[i] = a.port;
    inbox[i].clear();
    peer(i).replication.on_master_connected(now);
  }
  void on(int i, const SendMaster& a) {
    if (!master_of.contains(i)) return;
    inbox[i] += a.bytes == "\n" ? "" : a.bytes;
    for (;;) {
      const auto words = take_command(inbox[i]);
      if (words.empty()) return;
      serve(master_of[i], i, words);
    }
  }
  void serve(int master, int client, const std::vector<std::string>& words) {
    const std::vector<std::string_view> argv(words.begin(), words.end());
    Replication& r = peer(master).replication;
    const auto id = static_cast<ClientId>(client);
    std::optional<Reply> reply;
    if (words[0] == "PING") reply = Reply::status("PONG");
    if (words[0] == "REPLCONF") reply = r.on_replconf(id, argv, now);
    if (words[0] == "PSYNC" && words.size() > 3) {
      if (auto why = r.refuse_handover(words[1])) return to_replica(client, "-ERR " + *why + "\r\n");
      r.become_master(now);
    }
    if (words[0] == "PSYNC") reply = r.on_psync(id, words[1], std::stoll(words[2]), now, "10.0.0.1");
    if (reply) to_replica(client, (reply->is_error() ? "-" : "+") + reply->text + "\r\n");
  }
  void to_replica(int client, const std::string& bytes) {
    if (master_of.contains(client) && !deaf.contains(client))
      peer(client).replication.on_master_bytes(bytes, now);
  }
  void on(int i, const CloseMaster&) {
    if (master_of.contains(i)) peer(master_of[i]).replication.on_client_closed(static_cast<ClientId>(i), now);
    master_of.erase(i);
  }
  void on(int, const SendReplica& a) { to_replica(static_cast<int>(a.client), a.bytes); }
  void on(int, const CloseReplica& a) { cut(static_cast<int>(a.client)); }
  void on(int i, const TakeSnapshot& a) {
    for (ClientId client : a.clients) {
      const std::string& data = peer(i).data;
      // In small pieces, so that the mark is cut as well.
      const std::string whole = a.eof_mark.empty() ? "$" + std::to_string(data.size()) + "\r\n" + data
                                                   : "$EOF:" + a.eof_mark + "\r\n" + data + a.eof_mark;
      for (std::size_t at = 0; at < whole.size(); at += 7)
        to_replica(static_cast<int>(client), whole.substr(at, 7));
      peer(i).replication.on_snapshot_sent(client, now);
    }
  }
  void on(int i, const SnapshotBegin&) { peer(i).arriving.clear(); }
  void on(int i, const SnapshotBytes& a) { peer(i).arriving += a.bytes; }
  void on(int i, const SnapshotEnd&) {
    peer(i).data = peer(i).arriving;
    ++peer(i).snapshots_loaded;
    peer(i).replication.on_snapshot_loaded(true, now);
  }
  void on(int i, const WaitDone& a) { peer(i).waits.push_back(a.replicas); }
  void on(int, const SnapshotAbort&) {}
  void on(int, const StreamReady&) {}
  void on(int, const AbortSnapshot&) {}
  void on(int i, const PauseWrites&) { pauses.insert(i); }
  void on(int i, const ResumeWrites&) { pauses.erase(i); }
  void on(int i, const HandOver& a) { follow(i, a.port); }
  void on(int i, const HandedOver&) { pauses.erase(i); }
  void on(int i, const HandoverFailed&) {
    peer(i).replication.become_master(now);
    pauses.erase(i);
  }
  void on(int, const Log&) {}
};

}  // namespace node::replication::fixture

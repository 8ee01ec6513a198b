// For the tests of the rooms: one Cluster under test among peers that exist only as nodes.conf lines and
// messages.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "server/cluster/cluster.h"
#include "server/cluster/message.h"

namespace node::cluster::test {

/// Peer n's id: forty times the same letter ("aaaa...", "bbbb...").
inline NodeId id(char letter) {
  return NodeId::from_bytes(std::string(NodeId::kLength, letter));
}
inline std::string text(char letter) {
  return std::string(NodeId::kLength, letter);
}

struct TestHost final : Host {
  std::map<int, std::set<std::string>> keys;
  std::int64_t offset = 0;
  ReplicaView view;

  std::size_t key_count() const override {
    std::size_t sum = 0;
    for (const auto& [slot, names] : keys) sum += names.size();
    return sum;
  }
  std::size_t keys_in_slot(int slot) const override {
    const auto it = keys.find(slot);
    return it == keys.end() ? 0 : it->second.size();
  }
  std::vector<std::string> some_keys_in_slot(int slot, std::size_t max) const override {
    const auto it = keys.find(slot);
    if (it == keys.end()) return {};
    std::vector<std::string> some(it->second.begin(), it->second.end());
    if (some.size() > max) some.resize(max);
    return some;
  }
  std::int64_t replication_offset() const override { return offset; }
  ReplicaView replica_view() const override { return view; }
};

/// Myself is 'm', a master with slots 0-5460 under epoch 1; 'a' has 5461-10922 (epoch 2), 'b' has 10923-16383
/// (epoch 3); 'r' replicates m, 's' replicates a.
inline std::string three_masters() {
  return text('m') + " 10.0.0.1:7000@17000 myself,master - 0 0 1 connected 0-5460\n" + text('a') +
         " 10.0.0.2:7000@17000 master - 0 1 2 connected 5461-10922\n" + text('b') +
         " 10.0.0.3:7000@17000 master - 0 1 3 connected 10923-16383\n" + text('r') +
         " 10.0.0.4:7000@17000 slave " + text('m') + " 0 1 1 connected\n" + text('s') +
         " 10.0.0.5:7000@17000 slave " + text('a') + " 0 1 2 connected\n" +
         "vars currentEpoch 3 lastVoteEpoch 0\n";
}

struct Fixture {
  TestHost host;
  Ms now = 1'000'000'000;
  Cluster cluster;
  Actions actions;  // of the last input
  std::map<char, LinkId> links;

  explicit Fixture(const std::string& nodes_conf = three_masters(), Config config = {})
      : cluster(with_address(std::move(config)), host, 7, now) {
    const auto error = cluster.load(nodes_conf, now);
    if (error) throw std::runtime_error(*error);
    drain();
  }
  static Config with_address(Config config) {
    config.announce_ip = "10.0.0.1";
    config.port = 7000;
    if (config.node_timeout == 15000) config.node_timeout = 1000;
    return config;
  }
  const State& state() const { return cluster.state(); }
  Node* node(char letter) const { return state().find(id(letter)); }
  void drain() { actions = cluster.drain(now); }

  /// Time passes in ticks; the outbound links come up, pings stay unanswered. All actions are collected.
  void pass(Ms duration) {
    Actions all;
    for (const Ms end = now + duration; now < end;) {
      now += Cluster::kTickMs;
      cluster.on_tick(now);
      drain();
      const Actions seen = actions;
      all.insert(all.end(), seen.begin(), seen.end());
      for (const Action& action : seen) {
        if (const auto* connect = std::get_if<Connect>(&action)) {
          cluster.on_link_up(connect->link, "10.0.0.1", now);
          drain();
          all.insert(all.end(), actions.begin(), actions.end());
        }
      }
    }
    actions = std::move(all);
  }
  Reply command(std::initializer_list<std::string_view> words) {
    std::vector<std::string_view> argv{"CLUSTER"};
    argv.insert(argv.end(), words.begin(), words.end());
    Reply reply = cluster.command(argv, now);
    drain();
    return reply;
  }

  /// A header as that peer would send it now, by what this node knows of the peer.
  Header header(char sender, MessageType type) const {
    Header h;
    h.type = static_cast<std::uint16_t>(type);
    h.sender = id(sender);
    h.current_epoch = state().current_epoch;
    h.port = 7000;
    h.cport = 17000;
    if (const Node* peer = node(sender)) {
      const Node& owner = peer->master != nullptr ? *peer->master : *peer;
      h.config_epoch = owner.config_epoch;
      h.slots = owner.slots;
      h.ip = peer->ip;
      h.flags = peer->flags & (flag::kMaster | flag::kReplica);
      if (peer->master != nullptr) h.master = peer->master->id;
    }
    return h;
  }
  /// It arrives on a connection that the sender opened.
  void receive(char sender, const Message& message) {
    if (!links.contains(sender)) links[sender] = cluster.on_accept("10.0.0.9", "10.0.0.1", now);
    cluster.on_bytes(links[sender], encode(message), now);
    drain();
  }
  void ping(char sender) { receive(sender, {header(sender, MessageType::kPing), PingBody{}}); }
  /// A ping whose gossip says something of another node.
  void gossip(char sender, char about, std::uint16_t flags) {
    Gossip g;
    g.id = id(about);
    g.flags = flags;
    g.ip = node(about) != nullptr ? node(about)->ip : "10.0.0.77";
    g.port = 7000;
    g.cport = 17000;
    receive(sender, {header(sender, MessageType::kPing), PingBody{{g}, {}, {}}});
  }
  void fail(char sender, char failing) {
    receive(sender, {header(sender, MessageType::kFail), FailBody{id(failing)}});
  }
  /// The pongs come back on our own links.
  void pong(char sender) {
    const Node* peer = node(sender);
    if (peer->link == nullptr) return;
    cluster.on_bytes(peer->link->id, encode({header(sender, MessageType::kPong), PingBody{}}), now);
    drain();
  }

  std::vector<Message> sent(MessageType type) const {
    std::vector<Message> all;
    for (const Action& action : actions)
      if (const auto* send = std::get_if<Send>(&action)) {
        const auto decoded = decode(send->bytes);
        const auto& message = std::get<Message>(decoded);
        if (message.header.type == static_cast<std::uint16_t>(type)) all.push_back(message);
      }
    return all;
  }
  template <typename T>
  bool did() const {
    for (const Action& action : actions)
      if (std::holds_alternative<T>(action)) return true;
    return false;
  }
};

}  // namespace node::cluster::test

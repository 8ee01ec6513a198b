/// Damaged traffic against a cluster at work: nobody falls, and who owns which slots under which epoch stays
/// as it was. NODE_SOAK_SECONDS (2) says for how long, HARNESS_TEST_SEED from where.
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "server/cluster/message.h"
#include "server/cluster/state.h"
#include "server/keyspace/hash.h"
#include "server/tests/testing/child_server.h"

using namespace node::testing;
namespace cluster = node::cluster;

namespace {

std::uint64_t number_from(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

struct Member {
  int bus_port = free_port();
  Folder folder;
  ChildServer server{our_binary(),
                     folder.path(),
                     {"--cluster-enabled", "yes", "--cluster-port", std::to_string(bus_port),
                      "--cluster-node-timeout", "15000", "--save", "", "--loglevel", "warning"}};
  Connection control = server.connect();
};

struct Line {
  std::string id, flags, epoch;
  std::vector<std::string> slots;
};

std::vector<Line> nodes_of(Member& m) {
  std::istringstream in(m.control.ask("cluster nodes"));
  std::vector<Line> lines;
  for (std::string text; std::getline(in, text);) {
    std::istringstream words(text);
    std::vector<std::string> w;
    for (std::string word; words >> word;) w.push_back(word);
    if (w.size() < 8 || w[2].find("handshake") != std::string::npos) continue;
    lines.push_back({w[0], w[2], w[6], {w.begin() + 8, w.end()}});
  }
  return lines;
}

/// Who owns what, under which epoch: one text, the same on every node.
std::string ownership(Member& m) {
  std::set<std::string> all;
  for (const Line& line : nodes_of(m)) {
    std::string text = line.id + " " + line.epoch;
    for (const std::string& range : line.slots) text += " " + range;
    all.insert(text);
  }
  std::string out;
  for (const std::string& text : all) out += text + "\n";
  return out;
}

struct Trio {
  Member members[3];
  std::vector<Line> lines;
  std::string before;
  Trio() {
    const char* ranges[] = {"0 5460", "5461 10922", "10923 16383"};
    for (int i = 0; i < 3; ++i) {
      members[i].control.ask(std::string("cluster addslotsrange ") + ranges[i]);
      members[i].control.ask("cluster set-config-epoch " + std::to_string(i + 1));
      if (i > 0)
        members[i].control.ask("cluster meet 127.0.0.1 " + std::to_string(members[0].server.port()) + " " +
                               std::to_string(members[0].bus_port));
    }
    REQUIRE(eventually([&] { return agreed() && nodes_of(members[0]).size() == 3; }, 60));
    lines = nodes_of(members[0]);
    before = ownership(members[0]);
  }
  bool agreed() {
    for (Member& m : members)
      if (m.control.ask("cluster info").find("cluster_state:ok") == std::string::npos ||
          ownership(m) != ownership(members[0]))
        return false;
    return true;
  }
};

/// A message as one of the nodes sends it, or as somebody whom nobody knows.
cluster::Message any_message(const Trio& trio, node::Random& rng, bool stranger) {
  using Type = cluster::MessageType;
  cluster::Message m;
  const Line& line = trio.lines[rng.below(trio.lines.size())];
  const Line& other = trio.lines[rng.below(trio.lines.size())];
  m.header.sender = cluster::NodeId::from_bytes(stranger ? std::string(40, 'e') : line.id);
  m.header.flags = cluster::flag::kMaster;
  m.header.port = static_cast<std::uint16_t>(rng.next());
  m.header.cport = static_cast<std::uint16_t>(rng.next());
  m.header.current_epoch = stranger ? rng.below(1000) : 3;
  m.header.config_epoch = stranger ? rng.below(1000) : std::stoul(line.epoch);
  if (stranger)
    for (int slot = 0; slot < cluster::kSlotCount; ++slot) m.header.slots.set(slot);
  // What a member says of its slots, of failures and of votes is believed, that is the protocol; so damage to
  // those is left to the decoder's own tests, and here strangers say them.
  const Type types[] = {Type::kPing,   Type::kPong,        Type::kMeet,    Type::kFail,   Type::kPublish,
                        Type::kUpdate, Type::kAuthRequest, Type::kAuthAck, Type::kMfStart};
  const Type type = stranger ? types[rng.below(std::size(types))] : Type::kPublish;
  m.header.type = static_cast<std::uint16_t>(type);
  const auto other_id = cluster::NodeId::from_bytes(other.id);
  if (type == Type::kFail) m.body = cluster::FailBody{other_id};
  if (type == Type::kPublish) m.body = cluster::PublishBody{std::string(rng.below(50), 'c'), "message"};
  if (type == Type::kUpdate) m.body = cluster::UpdateBody{rng.below(1000), other_id, m.header.slots};
  if (type <= Type::kMeet) {
    cluster::PingBody body;
    for (std::uint64_t i = rng.below(4); i > 0; --i) {
      cluster::Gossip g;
      g.id = rng.below(2) ? other_id : cluster::NodeId::from_bytes(std::string(40, 'f'));
      g.ip = "127.0.0.1";
      g.flags = static_cast<std::uint16_t>(rng.next());
      body.gossip.push_back(g);
    }
    m.body = std::move(body);
  }
  return m;
}

void damage(std::string& bytes, node::Random& rng, std::size_t from) {
  if (bytes.size() <= from) return;
  switch (rng.below(5)) {
    case 0:
      bytes.resize(from + rng.below(bytes.size() - from));
      break;
    case 1:
      bytes.insert(from + rng.below(bytes.size() - from), std::string(rng.below(300), '\xff'));
      break;
    case 2:
      break;  // as it is
    default:
      for (std::uint64_t i = 1 + rng.below(12); i > 0; --i)
        bytes[from + rng.below(bytes.size() - from)] = static_cast<char>(rng.next());
  }
}

void attack_bus(const Trio& trio, node::Random& rng) {
  Connection bus(trio.members[rng.below(3)].bus_port);
  if (!bus.ok()) return;
  constexpr std::size_t kSender = 40, kBody = 2256;
  for (std::uint64_t n = 1 + rng.below(4); n > 0; --n) {
    const bool stranger = rng.below(3) != 0;
    std::string bytes = encode(any_message(trio, rng, stranger));
    // The name of a stranger stays one; a member's header stays whole.
    const std::string name = bytes.substr(kSender, 40);
    damage(bytes, rng, stranger ? rng.below(2) * kBody : kBody);
    if (stranger && bytes.size() >= kSender + 40) bytes.replace(kSender, 40, name);
    bus.send(bytes);
  }
}

void attack_clients(const Trio& trio, node::Random& rng) {
  static const std::vector<std::vector<std::string>> kCommands = {
      {"set", "{k}1", "value", "ex", "100"},
      {"mset", "{k}1", "a", "{k}2", "b"},
      {"lpush", "{k}l", "a", "b"},
      {"zadd", "{k}z", "1", "a", "nan", "b"},
      {"hset", "{k}h", "f", "v"},
      {"eval", "return redis.call('get', KEYS[1])", "1", "{k}1"},
      {"getrange", "{k}1", "0", "-1"},
      {"setrange", "{k}1", "100", "x"},
      {"subscribe", "c", "d"},
      {"multi"},
      {"watch", "{k}1", "{k}2"},
      {"sort", "{k}l", "alpha", "limit", "0", "10"},
      {"scan", "0", "match", "*", "count", "10"},
      {"bitfield", "{k}b", "set", "u8", "#1", "200", "incrby", "i5", "100", "1"},
      {"xautoclaim", "{k}s", "g", "c", "0", "0"},
      {"restore", "{k}r", "0", std::string("\x00\x01v\x0a\x00garbage!", 13)}};
  Connection client = trio.members[rng.below(3)].server.connect();
  if (!client.ok()) return;
  for (std::uint64_t n = 1 + rng.below(8); n > 0; --n) {
    const auto& words = kCommands[rng.below(kCommands.size())];
    std::string bytes = "*" + std::to_string(words.size()) + "\r\n";
    for (const std::string& w : words) bytes += "$" + std::to_string(w.size()) + "\r\n" + w + "\r\n";
    damage(bytes, rng, rng.below(bytes.size()));
    client.send(bytes);
  }
}

}  // namespace

TEST_CASE("damaged traffic on the bus and on the client ports changes no owner and fells no node") {
  const std::uint64_t seed = number_from("HARNESS_TEST_SEED", 11);
  INFO("HARNESS_TEST_SEED=" << seed);
  node::Random rng(seed);
  Trio trio;
  const auto end =
      std::chrono::steady_clock::now() + std::chrono::seconds(number_from("NODE_SOAK_SECONDS", 2));
  std::uint64_t rounds = 0;
  for (; std::chrono::steady_clock::now() < end; ++rounds) {
    attack_bus(trio, rng);
    attack_clients(trio, rng);
    if (rounds % 200 == 0)
      for (Member& m : trio.members) REQUIRE(ownership(m) == trio.before);
  }
  INFO(rounds << " rounds");
  for (Member& m : trio.members) {
    REQUIRE(m.control.ask("ping") == "+PONG\r\n");
    CHECK(ownership(m) == trio.before);
  }
  CHECK(eventually([&] { return trio.agreed(); }));
}

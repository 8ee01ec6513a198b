/// Real nodes of ours in small clusters: what needs sockets, time and clients to be seen.
#include <catch2/catch.hpp>
#include <chrono>
#include <functional>
#include <thread>

#include "server/tests/testing/child_server.h"

using namespace node::testing;

namespace {

class Member {
 public:
  explicit Member(const std::string& binary = our_binary(), std::vector<std::string> more = {})
      : bus_port_(free_port()),
        server_(binary, folder_.path(), arguments(bus_port_, std::move(more))),
        connection_(server_.connect()) {}
  std::string ask(const std::string& line) { return connection_.ask(line); }
  bool says(const std::string& line, const std::string& part) {
    return ask(line).find(part) != std::string::npos;
  }
  std::string id() { return ask("cluster myid").substr(5, 40); }
  void meet(const Member& other) {
    ask("cluster meet 127.0.0.1 " + std::to_string(other.server_.port()) + " " +
        std::to_string(other.bus_port_));
  }
  Connection connect() const { return server_.connect(); }
  int bus_port() const { return bus_port_; }
  int port() const { return server_.port(); }
  const std::string& folder() const { return folder_.path(); }

 private:
  static std::vector<std::string> arguments(int bus_port, std::vector<std::string> more) {
    std::vector<std::string> all{"--cluster-enabled",
                                 "yes",
                                 "--cluster-port",
                                 std::to_string(bus_port),
                                 "--cluster-node-timeout",
                                 "2000",
                                 "--save",
                                 "",
                                 "--enable-debug-command",
                                 "yes",
                                 "--repl-diskless-sync-delay",
                                 "0"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  Folder folder_;
  int bus_port_;
  ChildServer server_;
  Connection connection_;
};

/// Two masters that know each other, the first with all slots.
struct Pair {
  Member a, b;
  Pair() {
    a.ask("cluster addslotsrange 0 16383");
    a.ask("cluster set-config-epoch 1");
    b.ask("cluster set-config-epoch 2");
    b.meet(a);
    REQUIRE(eventually([&] { return known(a) && known(b); }));
  }
  static bool known(Member& m) {
    return m.says("cluster info", "cluster_known_nodes:2") && m.says("cluster info", "cluster_state:ok") &&
           !m.says("cluster nodes", "handshake") && m.says("cluster nodes", "0-16383");
  }
};

std::size_t links(Member& m) {
  const std::string reply = m.ask("cluster links");
  return std::stoul(reply.substr(1));
}

}  // namespace

TEST_CASE("who waits for a key is sent after the slot when it moves") {
  Pair pair;
  const std::string slot = pair.a.ask("cluster keyslot k").substr(1, std::string::npos);
  const std::string number = slot.substr(0, slot.find('\r'));
  Connection waiting = pair.a.connect(), reading = pair.a.connect();
  waiting.send_command({"blpop", "k", "0"});
  reading.send_command({"xread", "block", "0", "streams", "k", "$"});
  REQUIRE(eventually([&] { return pair.a.says("info clients", "blocked_clients:2"); }));
  CHECK(pair.a.ask("cluster setslot " + number + " node " + pair.b.id()) == "+OK\r\n");
  CHECK(waiting.reply().starts_with("-MOVED " + number + " 127.0.0.1:"));
  CHECK(reading.reply().starts_with("-MOVED " + number + " 127.0.0.1:"));
  CHECK(pair.a.says("info clients", "blocked_clients:0"));
}

TEST_CASE("links that break are made anew, in the middle of other work too") {
  Pair pair;
  REQUIRE(eventually([&] { return links(pair.a) == 2 && links(pair.b) == 2; }));
  for (const char* which : {"to", "from", "all"}) {
    CHECK(pair.a.ask(std::string("debug clusterlink kill ") + which + " " + pair.b.id()) == "+OK\r\n");
    CHECK(eventually([&] { return links(pair.a) == 2 && links(pair.b) == 2; }));
  }
  CHECK(pair.a.ask("debug clusterlink kill all " + std::string(40, '0')).starts_with("-ERR Unknown node"));
  // Forgotten and met again while its pings are on the way: closed connections have events that wait.
  for (int i = 0; i < 30; ++i) {
    pair.a.ask("cluster forget " + pair.b.id());
    pair.b.ask("cluster forget " + pair.a.id());
    pair.a.meet(pair.b);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  CHECK(pair.a.ask("ping") == "+PONG\r\n");
  CHECK(pair.b.ask("ping") == "+PONG\r\n");
  CHECK(eventually([&] { return Pair::known(pair.a) && Pair::known(pair.b); }));
}

TEST_CASE("a message that is cut short is counted and ignored") {
  Member node;
  // A MEET that announces a hundred gossip entries and has none.
  std::string packet(2256, '\0');
  packet.replace(0, 4, "RCmb");
  packet[6] = static_cast<char>(2256 >> 8), packet[7] = static_cast<char>(2256 & 0xff);
  packet[9] = 1, packet[13] = 2, packet[15] = 100;
  Connection bus(node.bus_port());
  bus.send(packet);
  CHECK(eventually([&] { return node.says("cluster info", "cluster_stats_messages_meet_received:1\r\n"); }));
  CHECK(node.says("cluster info", "cluster_known_nodes:1\r\n"));
}

TEST_CASE("a command sees the time at which it came, not that of the wait before it") {
  Member node;
  node.ask("cluster addslotsrange 0 16383");
  REQUIRE(eventually([&] { return node.says("cluster info", "cluster_state:ok"); }));
  node.ask("debug set-active-expire 0");
  for (int i = 0; i < 20; ++i) {
    REQUIRE(node.ask("set k v px 10") == "+OK\r\n");
    std::this_thread::sleep_for(std::chrono::milliseconds(15));
    REQUIRE(node.ask("get k") == "$-1\r\n");
  }
}

TEST_CASE("host names are checked before they are announced") {
  Member node;
  CHECK(node.says("config set cluster-announce-hostname " + std::string(256, 'x'),
                  "Hostnames must be less than 256 characters"));
  CHECK(node.says("config set cluster-announce-hostname ?.com",
                  "Hostnames may only contain alphanumeric characters, hyphens or dots"));
  CHECK(node.ask("config set cluster-announce-hostname a-1.Example.com") == "+OK\r\n");
  CHECK(node.says("cluster nodes", ",a-1.Example.com "));
}

TEST_CASE("DEBUG DIGEST is the same for the same data, however it came to be") {
  const Folder f, g;
  const std::vector<std::string> arguments{"--save", "", "--enable-debug-command", "yes"};
  const ChildServer one(our_binary(), f.path(), arguments), two(our_binary(), g.path(), arguments);
  Connection a = one.connect(), b = two.connect();
  CHECK(a.ask("debug digest") == "+" + std::string(40, '0') + "\r\n");
  const auto same = [&] { return a.ask("debug digest") == b.ask("debug digest"); };
  for (const char* line :
       {"set s v", "rpush l a b c", "sadd set 1 2 x", "hset h f 1 g 2", "zadd z 1 a 2.5 b"})
    a.ask(line);
  CHECK_FALSE(same());
  for (const char* line : {"zadd z 2.5 b", "zadd z 1 a", "hset h g 2", "hset h f 1", "sadd set x",
                           "sadd set 2 1", "rpush l a", "rpush l b c", "set s old", "set s v"})
    b.ask(line);
  CHECK(same());
  for (const char* line :
       {"rpoplpush l l", "expire s 100", "hset h f 2", "zadd z 3 a", "srem set x", "rename s t"}) {
    INFO(line);
    a.ask(line);
    CHECK_FALSE(same());
    b.ask(line);
    CHECK(same());
  }
}

TEST_CASE("a shard subscription on a replica ends at once when the replica is given to another master") {
  Member a, b, replica;
  a.ask("cluster addslotsrange 0 8191");
  b.ask("cluster addslotsrange 8192 16383");
  a.ask("cluster set-config-epoch 1");
  b.ask("cluster set-config-epoch 2");
  for (Member* m : {&b, &replica}) m->meet(a);
  const auto knows_all = [](Member& m) {
    return m.says("cluster info", "cluster_known_nodes:3") && m.says("cluster info", "cluster_state:ok") &&
           !m.says("cluster nodes", "handshake");
  };
  REQUIRE(eventually([&] { return knows_all(a) && knows_all(b) && knows_all(replica); }));
  REQUIRE(replica.ask("cluster replicate " + a.id()) == "+OK\r\n");
  Connection listener = replica.connect();
  const auto subscribed = [&] {
    return listener.ask("ssubscribe {abc}").starts_with("*3\r\n$10\r\nssubscribe\r\n");
  };
  REQUIRE(replica.says("cluster keyslot {abc}", ":7638"));
  REQUIRE(eventually([&] { return subscribed(); }));
  REQUIRE(replica.ask("cluster replicate " + b.id()) == "+OK\r\n");
  CHECK(listener.reply() == "*3\r\n$12\r\nsunsubscribe\r\n$5\r\n{abc}\r\n:0\r\n");
}

TEST_CASE("in a cluster SORT gives the elements themselves, and reads no other keys") {
  Member node;
  CHECK(node.ask("cluster addslotsrange 0 16383") == "+OK\r\n");
  REQUIRE(eventually([&] { return node.says("cluster info", "cluster_state:ok"); }));
  CHECK(node.ask("rpush l 3 1 2") == ":3\r\n");
  CHECK(node.ask("sort l get #") == "*3\r\n$1\r\n1\r\n$1\r\n2\r\n$1\r\n3\r\n");
  CHECK(node.ask("sort l get other:*").starts_with("-ERR GET option of SORT denied"));
}

namespace {

/// Slot 0 moves from the first of a pair to the second; one key of it is there already.
struct Migration : Pair {
  const std::string key = "06S";  // the shortest of that slot
  void open() {
    REQUIRE(a.ask("set " + key + " kept") == "+OK\r\n");
    REQUIRE(b.ask("cluster setslot 0 importing " + a.id()) == "+OK\r\n");
    REQUIRE(a.ask("cluster setslot 0 migrating " + b.id()) == "+OK\r\n");
  }
  void move_key() {
    REQUIRE(a.ask("migrate 127.0.0.1 " + std::to_string(b.port()) + " " + key + " 0 5000") == "+OK\r\n");
  }
  void add_replica(Member& replica, Member& of) {
    replica.meet(of);
    REQUIRE(eventually([&] { return replica.says("cluster info", "cluster_known_nodes:" + nodes()); }));
    REQUIRE(eventually([&] { return replica.ask("cluster replicate " + of.id()) == "+OK\r\n"; }));
    REQUIRE(eventually([&] { return replica.says("info replication", "master_link_status:up"); }));
    for (Member* m : {&a, &b})
      REQUIRE(eventually([&] { return m->says("cluster nodes", "slave " + of.id()); }));
  }
  std::string nodes() const { return std::to_string(members_); }
  int members_ = 3;
};

}  // namespace

TEST_CASE("a slot goes on moving when the source's replica takes over, and when the target's does") {
  Migration moving;
  Member source_heir, target_heir;
  SECTION("the replicas were there when it began") {
    moving.add_replica(source_heir, moving.a);
    moving.members_ = 4;
    moving.add_replica(target_heir, moving.b);
    moving.open();
    moving.move_key();
  }
  SECTION("they copied the data later") {
    moving.open();
    moving.move_key();
    moving.add_replica(source_heir, moving.a);
    moving.members_ = 4;
    moving.add_replica(target_heir, moving.b);
  }
  REQUIRE(moving.a.ask("wait 1 5000") == ":1\r\n");
  REQUIRE(source_heir.ask("cluster failover takeover") == "+OK\r\n");
  CHECK(source_heir.says("get " + moving.key, "-ASK 0 127.0.0.1:" + std::to_string(moving.b.port())));
  // The target knows whose slot it imports now.
  CHECK(eventually([&] { return moving.b.says("cluster nodes", "[0-<-" + source_heir.id() + "]"); }));

  REQUIRE(moving.b.ask("wait 1 5000") == ":1\r\n");
  REQUIRE(target_heir.ask("cluster failover takeover") == "+OK\r\n");
  target_heir.ask("asking");
  CHECK(target_heir.ask("get " + moving.key) == "$4\r\nkept\r\n");
}

TEST_CASE("a stock replica copies a master that moves slots, and refuses nothing of its stream") {
  if (stock_binary().empty()) {
    WARN("SKIPPED: redis-server is not installed");
    return;
  }
  Migration moving;
  // It dies of the first command that it refuses.
  Member replica(stock_binary(), {"--propagation-error-behavior", "panic"});
  moving.add_replica(replica, moving.a);
  moving.open();
  moving.move_key();
  CHECK(moving.a.ask("cluster setslot 0 stable") == "+OK\r\n");
  moving.a.ask("set after 1");
  CHECK(moving.a.ask("wait 1 5000") == ":1\r\n");
  CHECK(replica.says("info replication", "master_link_status:up"));
  CHECK_FALSE(replica.says("info errorstats", "errorstat_"));
}

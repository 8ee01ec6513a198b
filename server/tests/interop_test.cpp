/// The node in one cluster with servers of another make: Debian's redis-server where it is installed, and
/// every binary that $HARNESS_TEST_SERVERS names (separated by colons; Redis 7.0 to 8.0 and Valkey 8.1 to 9.1
/// were tried). Gossip, replication, slots moved and failovers, each in both directions.
#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <functional>
#include <iostream>
#include <memory>
#include <sstream>
#include <thread>

#include "server/tests/testing/child_server.h"

using namespace node::testing;

namespace {

constexpr int kSlots = 16384;

/// Members of another make take their time.
bool settles(const std::function<bool()>& holds, int seconds = 40) {
  return eventually(holds, seconds);
}

/// A member of the cluster: its process and a connection to it.
class Member {
 public:
  explicit Member(const std::string& binary)
      : bus_port_(free_port()),
        server_(binary, folder_.path(),
                {"--cluster-enabled", "yes", "--cluster-port", std::to_string(bus_port_),
                 "--cluster-node-timeout", "2000", "--save", "", "--repl-diskless-sync-delay", "0"}),
        connection_(server_.connect()) {}

  std::string ask(const std::string& line) {
    if (connection_.closed() || !connection_.ok()) connection_ = server_.connect();
    return connection_.ask(line);
  }
  bool says(const std::string& line, const std::string& part) {
    return ask(line).find(part) != std::string::npos;
  }
  std::string id() { return ask("cluster myid").substr(5, 40); }
  /// What this member says of another, as one line of CLUSTER NODES.
  std::string line_of(const std::string& id) {
    std::istringstream nodes(ask("cluster nodes"));
    for (std::string line; std::getline(nodes, line);)
      if (line.starts_with(id)) return line;
    return "";
  }
  bool is_master() { return says("info replication", "role:master"); }
  bool follows() {
    return says("info replication", "role:slave") && says("info replication", "master_link_status:up");
  }
  void kill() {
    server_.kill(SIGKILL);
    server_.wait();
  }
  void start() {
    server_.start();
    connection_ = server_.connect();
  }
  /// The end of its log.
  std::string log() const {
    std::ifstream in(folder_.path() + "/log");
    std::ostringstream text;
    text << in.rdbuf();
    const std::string all = text.str();
    return all.substr(all.size() - std::min<std::size_t>(all.size(), 6000));
  }
  int port() const { return server_.port(); }
  int bus_port() const { return bus_port_; }

 private:
  Folder folder_;
  int bus_port_;
  ChildServer server_;
  Connection connection_;
};

/// Three masters (ours, theirs, ours) with a replica of the other make for the first two.
class Mixed {
 public:
  explicit Mixed(const std::string& theirs)
      : ours(our_binary()),
        other(theirs),
        third(our_binary()),
        other_replica(theirs),
        our_replica(our_binary()) {}
  Member ours, other, third, other_replica, our_replica;

  std::array<Member*, 5> all() { return {&ours, &other, &third, &other_replica, &our_replica}; }

  bool form() {
    std::array<Member*, 3> masters{&ours, &other, &third};
    for (int i = 0; i < 3; ++i)
      masters[i]->ask("cluster addslotsrange " + std::to_string(kSlots * i / 3) + " " +
                      std::to_string(kSlots * (i + 1) / 3 - 1));
    int epoch = 0;
    for (Member* m : all()) {
      m->ask("cluster set-config-epoch " + std::to_string(++epoch));
      // The two makes introduce each other by turns.
      Member& to = epoch % 2 == 0 ? ours : other;
      if (m != &to)
        m->ask("cluster meet 127.0.0.1 " + std::to_string(to.port()) + " " + std::to_string(to.bus_port()));
    }
    return settles([this] {
      for (Member* m : all())
        if (!m->says("cluster info", "cluster_known_nodes:5") ||
            !m->says("cluster info", "cluster_state:ok") || m->says("cluster nodes", "handshake"))
          return false;
      return true;
    });
  }

  /// All living members see this one as the master of some slots, and say that the cluster is up.
  bool accepted(Member& master) {
    const std::string id = master.id();
    return settles([&] {
      for (Member* m : all()) {
        const std::string line = m->line_of(id);
        if (line.find("master") == std::string::npos || line.back() == 'd' ||
            !m->says("cluster info", "cluster_state:ok"))
          return false;
      }
      return true;
    });
  }

  /// All members know that this one is a replica: before, they would not vote for it.
  bool known_as_replica(Member& replica) {
    const std::string id = replica.id();
    return settles([&] {
      const auto members = all();
      return std::all_of(members.begin(), members.end(),
                         [&](Member* m) { return m->line_of(id).find("slave") != std::string::npos; });
    });
  }

  bool agree() {
    const auto owners = [](Member& m) {
      std::istringstream nodes(m.ask("cluster nodes"));
      std::vector<std::string> view;
      for (std::string line; std::getline(nodes, line);) {
        std::istringstream words(line);
        std::vector<std::string> w;
        for (std::string word; words >> word;) w.push_back(word);
        std::string owner;
        for (std::size_t i = 8; i < w.size(); ++i) owner += " " + w[i];
        if (w.size() > 8) view.push_back(w[0] + owner);
      }
      std::sort(view.begin(), view.end());
      return view;
    };
    return settles([&] {
      const auto first = owners(ours);
      const auto members = all();
      return std::all_of(members.begin(), members.end(), [&](Member* m) { return owners(*m) == first; });
    });
  }

  bool move_slots(Member& from, Member& to) {
    if (!agree()) return false;
    const std::string line = "redis-cli --cluster reshard 127.0.0.1:" + std::to_string(third.port()) +
                             " --cluster-from " + from.id() + " --cluster-to " + to.id() +
                             " --cluster-slots 50 --cluster-yes 2>&1";
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(line.c_str(), "r"), pclose);
    std::string output;
    std::array<char, 4096> buffer{};
    while (const std::size_t n = fread(buffer.data(), 1, buffer.size(), pipe.get()))
      output.append(buffer.data(), n);
    INFO(output);
    CHECK(output.find("[ERR]") == std::string::npos);
    return agree();
  }
};

/// Values of every type that both know, small and large, under one tag.
void fill(Member& m, const std::string& tag) {
  m.ask("set " + tag + "k v");
  m.ask("setex " + tag + "dies 1000 v");
  m.ask("rpush " + tag + "list a b c");
  m.ask("sadd " + tag + "set a b c");
  m.ask("sadd " + tag + "ints 1 2 3");
  m.ask("hset " + tag + "hash f v");
  m.ask("zadd " + tag + "zset 1.5 m");
  for (int i = 1; i <= 250; ++i)
    m.ask("xadd " + tag + "stream " + std::to_string(i) + "-1 f " + std::to_string(i));
  m.ask("xgroup create " + tag + "stream g 0");
  m.ask("xreadgroup group g alice count 20 streams " + tag + "stream >");
  m.ask("xdel " + tag + "stream 3-1");
  std::string many;
  for (int i = 0; i < 600; ++i) many += " " + std::to_string(i) + "-value-" + std::to_string(i * 7);
  m.ask("rpush " + tag + "LIST" + many);
  m.ask("sadd " + tag + "SET" + many);
  m.ask("hset " + tag + "HASH" + many);
}

/// A hash tag whose slot lies in the n-th third.
std::string tag_in(Member& m, int n) {
  for (int i = 0;; ++i) {
    const std::string tag = "{t" + std::to_string(i) + "}";
    const int slot = std::stoi(m.ask("cluster keyslot " + tag).substr(1));
    // Not among the lowest fifty of the third: those move.
    if (slot > kSlots * n / 3 + 200 && slot < kSlots * (n + 1) / 3) return tag;
  }
}

std::string field(Member& m, const std::string& section, const std::string& name) {
  return field_of(m.ask("info " + section), name);
}

/// The link breaks, at the replica and at the master: it goes on from the backlog.
void resumes(Member& master, Member& replica, const std::string& tag) {
  const std::string full = field(master, "stats", "sync_full");
  int partial = std::stoi(field(master, "stats", "sync_partial_ok"));
  for (const bool at_the_replica : {true, false}) {
    CHECK((at_the_replica ? replica.ask("client kill type master")
                          : master.ask("client kill type replica")) == ":1\r\n");
    master.ask("append " + tag + "missed x");
    const std::string expected = master.ask("get " + tag + "missed");
    ++partial;
    CHECK(settles([&] {
      return replica.follows() && replica.ask("get " + tag + "missed") == expected &&
             field(master, "stats", "sync_partial_ok") == std::to_string(partial);
    }));
  }
  CHECK(field(master, "stats", "sync_full") == full);
}

/// What everybody logged, when the test is about to fail.
struct Witness {
  Mixed& cluster;
  ~Witness() {
    if (std::uncaught_exceptions() == 0) return;
    for (Member* m : cluster.all()) std::cerr << "--- the node on port " << m->port() << "\n" << m->log();
  }
};

void live_together(const std::string& theirs) {
  INFO("beside " << theirs);
  Mixed cluster(theirs);
  const Witness witness{cluster};
  REQUIRE(cluster.form());

  const std::string a = tag_in(cluster.ours, 0), b = tag_in(cluster.ours, 1);
  fill(cluster.ours, a);
  fill(cluster.other, b);
  REQUIRE(cluster.other_replica.ask("cluster replicate " + cluster.ours.id()) == "+OK\r\n");
  REQUIRE(cluster.our_replica.ask("cluster replicate " + cluster.other.id()) == "+OK\r\n");
  REQUIRE(settles([&] { return cluster.other_replica.follows() && cluster.our_replica.follows(); }));
  CHECK(cluster.other_replica.ask("dbsize") == cluster.ours.ask("dbsize"));
  CHECK(cluster.our_replica.ask("dbsize") == cluster.other.ask("dbsize"));
  cluster.ours.ask("set " + a + "k streamed");
  CHECK(cluster.ours.ask("wait 1 10000") == ":1\r\n");
  cluster.other.ask("set " + b + "k streamed");
  CHECK(cluster.other.ask("wait 1 10000") == ":1\r\n");
  for (const auto& [replica, tag] : {std::pair{&cluster.other_replica, a}, {&cluster.our_replica, b}}) {
    replica->ask("readonly");
    CHECK(replica->ask("get " + tag + "k") == "$8\r\nstreamed\r\n");
    CHECK(replica->ask("llen " + tag + "LIST") == ":600\r\n");
    CHECK(replica->ask("scard " + tag + "SET") == ":600\r\n");
    CHECK(replica->ask("hlen " + tag + "HASH") == ":300\r\n");
    CHECK(replica->ask("zscore " + tag + "zset m") == "$3\r\n1.5\r\n");
    CHECK(replica->ask("xlen " + tag + "stream") == ":249\r\n");
    CHECK(replica->ask("xpending " + tag + "stream g").starts_with("*4\r\n:20\r\n$3\r\n1-1\r\n"));
  }

  resumes(cluster.ours, cluster.other_replica, a);
  resumes(cluster.other, cluster.our_replica, b);

  CHECK(cluster.move_slots(cluster.ours, cluster.other));
  CHECK(cluster.move_slots(cluster.other, cluster.ours));

  // By hand: theirs takes over from ours, ours from theirs.
  REQUIRE(cluster.known_as_replica(cluster.other_replica));
  REQUIRE(cluster.known_as_replica(cluster.our_replica));
  REQUIRE(cluster.other_replica.ask("cluster failover") == "+OK\r\n");
  REQUIRE(settles([&] { return cluster.other_replica.is_master() && cluster.ours.follows(); }));
  REQUIRE(cluster.accepted(cluster.other_replica));
  REQUIRE(cluster.our_replica.ask("cluster failover") == "+OK\r\n");
  REQUIRE(settles([&] { return cluster.our_replica.is_master() && cluster.other.follows(); }));
  REQUIRE(cluster.accepted(cluster.our_replica));

  // By death, with votes of both makes; who comes back follows its heir.
  cluster.other_replica.kill();
  REQUIRE(settles([&] { return cluster.ours.is_master(); }));
  cluster.other_replica.start();
  REQUIRE(settles([&] { return cluster.other_replica.follows(); }));
  REQUIRE(cluster.accepted(cluster.ours));
  cluster.our_replica.kill();
  REQUIRE(settles([&] { return cluster.other.is_master(); }));
  cluster.our_replica.start();
  REQUIRE(settles([&] { return cluster.our_replica.follows(); }));
  REQUIRE(cluster.accepted(cluster.other));
  CHECK(cluster.ours.ask("get " + a + "k") == "$8\r\nstreamed\r\n");
  CHECK(cluster.other.ask("get " + b + "k") == "$8\r\nstreamed\r\n");
}

}  // namespace

TEST_CASE("a mixed cluster with redis-server: replication, slots and failovers in both directions") {
  if (stock_binary().empty()) {
    WARN("SKIPPED: redis-server is not installed");
    return;
  }
  live_together(stock_binary());
}

TEST_CASE(
    "a mixed cluster with each of $HARNESS_TEST_SERVERS: replication, slots and failovers in both "
    "directions") {
  const char* given = std::getenv("HARNESS_TEST_SERVERS");
  if (given == nullptr) {
    WARN("SKIPPED: HARNESS_TEST_SERVERS names no binaries, separated by colons");
    return;
  }
  std::istringstream binaries(given);
  for (std::string binary; std::getline(binaries, binary, ':');) live_together(binary);
}

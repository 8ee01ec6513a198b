// The rooms against stock redis-servers on loopback: joins by MEET, becomes a replica, is elected, votes,
// takes the old master in as its replica. Skipped, loudly, where redis-server is not installed.
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>

#include "server/cluster/interop/peer.h"

using namespace node;
using namespace node::interop;

namespace {

constexpr const char* kServer = "/usr/bin/redis-server";
constexpr Ms kTimeout = 2000;
constexpr Ms kPatience = 30'000;

/// A stock server in a directory of its own; dies with this object (and with this process).
class Stock {
 public:
  Stock(int port, std::filesystem::path dir) : port_(port), dir_(std::move(dir)) {
    std::filesystem::create_directories(dir_);
    start();
  }
  ~Stock() { kill_now(); }

  void start() {
    pid_ = fork();
    if (pid_ != 0) return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const std::string port = std::to_string(port_), timeout = std::to_string(kTimeout);
    execl(kServer, kServer, "--port", port.c_str(), "--bind", "127.0.0.1", "--dir", dir_.c_str(),
          "--cluster-enabled", "yes", "--cluster-node-timeout", timeout.c_str(), "--save", "", "--appendonly",
          "no", "--repl-diskless-sync-delay", "0", "--logfile", (dir_ / "log").c_str(), nullptr);
    _exit(127);
  }
  void kill_now() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
  std::string cli(const std::string& words) const {
    const std::string line = "redis-cli -p " + std::to_string(port_) + " " + words + " 2>&1";
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(line.c_str(), "r"), pclose);
    std::string output;
    std::array<char, 4096> buffer;
    while (const std::size_t n = fread(buffer.data(), 1, buffer.size(), pipe.get()))
      output.append(buffer.data(), n);
    return output;
  }
  std::string id() const { return cli("cluster myid").substr(0, 40); }
  /// What this server says of a node, as one line.
  std::string line_of(const std::string& id) const {
    const std::string nodes = "\n" + cli("cluster nodes");
    const std::size_t at = nodes.find("\n" + id + " ");
    return at == std::string::npos ? "" : nodes.substr(at + 1, nodes.find('\n', at + 1) - at - 1);
  }
  int port() const { return port_; }

 private:
  int port_;
  std::filesystem::path dir_;
  pid_t pid_ = -1;
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

struct TempDir {
  std::filesystem::path path;
  TempDir() {
    std::string pattern = (std::filesystem::temp_directory_path() / "stock-cluster-XXXXXX").string();
    path = mkdtemp(pattern.data());
  }
  ~TempDir() { std::filesystem::remove_all(path); }
};

}  // namespace

TEST_CASE("a member of a stock cluster: joins, replicates, is elected, votes, is replicated", "[stock]") {
  if (access(kServer, X_OK) != 0) {
    WARN("redis-server is not installed: the rooms were not tried against the real thing");
    return;
  }
  const TempDir dir;
  // Below the range of outgoing connections, the bus ports 10000 above too.
  const int base = 18000 + static_cast<int>(getpid() % 500) * 8;
  Stock a(base, dir.path / "a"), b(base + 1, dir.path / "b"), c(base + 2, dir.path / "c"),
      d(base + 3, dir.path / "d");
  Peer peer(base + 4, kTimeout);
  const auto wait = [&peer](const std::function<bool()>& done) { return peer.run_until(kPatience, done); };
  REQUIRE(wait([&] { return has(d.cli("ping"), "PONG") && has(a.cli("ping"), "PONG"); }));

  // Three stock masters, one stock replica-to-be, and us.
  const std::string port = std::to_string(base);
  const char* ranges[] = {"0 5460", "5461 10922", "10923 16383"};
  const Stock* masters[] = {&a, &b, &c};
  for (int i = 0; i < 3; ++i) {
    REQUIRE(wait([&] { return has(masters[i]->cli("ping"), "PONG"); }));
    masters[i]->cli(std::string("cluster addslotsrange ") + ranges[i]);
    masters[i]->cli("cluster set-config-epoch " + std::to_string(i + 1));
    if (i > 0) masters[i]->cli("cluster meet 127.0.0.1 " + port);
  }
  d.cli("cluster meet 127.0.0.1 " + port);
  CHECK(peer.command({"meet", "127.0.0.1", port}) == Reply::ok());
  REQUIRE(wait([&] {
    for (const Stock* s : {&a, &b, &c, &d})
      if (!has(s->line_of(peer.id()), " connected") || has(s->line_of(peer.id()), "handshake")) return false;
    return peer.state().nodes().size() == 5 && peer.state().ok &&
           has(a.cli("cluster info"), "cluster_state:ok");
  }));

  // Replica of a stock master, over PSYNC.
  const std::string a_id = a.id(), b_id = b.id(), d_id = d.id();
  CHECK(peer.command({"replicate", a_id}) == Reply::ok());
  CHECK(has(d.cli("cluster replicate " + b_id), "OK"));
  REQUIRE(wait([&] {
    return has(a.cli("info replication"), "state=online") && has(b.cli("info replication"), "state=online");
  }));
  a.cli("set {06S}k hello-from-stock");  // slot 0
  REQUIRE(wait([&] { return has(peer.applied(), "hello-from-stock"); }));
  CHECK(peer.snapshots_loaded() == 1);
  REQUIRE(wait([&] {
    return has(b.line_of(peer.id()), "slave " + a_id) &&
           has(d.cli("info replication"), "master_link_status:up");
  }));

  SECTION("FAILOVER by hand, without loss") {
    CHECK(peer.command({"failover"}) == Reply::ok());
    const bool promoted = wait(
        [&] { return has(b.line_of(peer.id()), "master") && has(b.line_of(a_id), "slave " + peer.id()); });
    REQUIRE(promoted);
    REQUIRE(wait([&] { return has(a.cli("info replication"), "master_link_status:up"); }));
  }
  SECTION("the master dies: we are elected by stock masters, then vote for a stock replica") {
    a.kill_now();
    REQUIRE(wait([&] { return has(b.line_of(peer.id()), "master") && has(b.line_of(peer.id()), "0-5460"); }));
    CHECK(peer.state().ok);
    // Its slots' next failover needs our vote: two of the three masters remain.
    b.kill_now();
    REQUIRE(wait([&] { return has(c.line_of(d_id), "master") && has(c.line_of(d_id), "5461-10922"); }));
    const auto& log = peer.log();
    CHECK(std::any_of(log.begin(), log.end(),
                      [&](const std::string& l) { return has(l, "auth granted to " + d_id); }));
    // The old master comes back and follows its heir.
    a.start();
    REQUIRE(wait([&] { return has(c.line_of(a_id), "slave " + peer.id()); }));
    REQUIRE(wait([&] { return has(a.cli("info replication"), "master_link_status:up"); }));
    REQUIRE(wait([&] { return a.cli("dbsize") == "0\n"; }));  // our data is empty
  }
}

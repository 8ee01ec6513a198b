/// What tools read of the node: INFO's fields, and the word to systemd.
#include <sys/socket.h>
#include <sys/un.h>

#include <catch2/catch.hpp>
#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "server/net/socket.h"
#include "server/tests/testing/child_server.h"

using namespace node::testing;

namespace {

std::map<std::string, std::string> fields_of(const std::string& reply) {
  std::map<std::string, std::string> fields;
  std::istringstream in(reply);
  for (std::string line; std::getline(in, line);)
    if (const std::size_t colon = line.find(':');
        colon != std::string::npos && line[0] != '#' && line[0] != '$')
      fields[line.substr(0, colon)] = line.substr(colon + 1, line.size() - colon - 2);
  return fields;
}

}  // namespace

TEST_CASE("INFO has the fields of redis-server, but for those of what is not there") {
  if (stock_binary().empty()) return;
  const Folder ours_folder, stock_folder;
  const ChildServer ours(our_binary(), ours_folder.path(), {"--save", ""}),
      stock(stock_binary(), stock_folder.path(), {"--save", ""});
  const auto here = fields_of(ours.connect().ask("info default")),
             there = fields_of(stock.connect().ask("info default"));
  for (const auto& [name, value] : there) {
    INFO(name);
    CHECK(here.contains(name));
  }
}

TEST_CASE("INFO counts what goes over the network and how long commands took") {
  const Folder folder;
  const ChildServer server(our_binary(), folder.path(), {"--save", ""});
  Connection c = server.connect();
  for (int i = 0; i < 100; ++i) c.ask("get k");
  auto fields = fields_of(c.ask("info everything"));
  CHECK(std::stoul(fields["total_reads_processed"]) >= 100);
  CHECK(std::stoul(fields["used_memory_dataset"]) < std::stoul(fields["used_memory"]));
  CHECK(std::stoul(fields["total_system_memory"]) > std::stoul(fields["used_memory_rss"]));
  const std::string& latency = fields["latency_percentiles_usec_get"];
  REQUIRE(latency.starts_with("p50="));
  CHECK(std::stod(latency.substr(4)) > 0);
  c.ask("bgsave");
  CHECK(eventually([&] { return fields_of(c.ask("info everything"))["latest_fork_usec"] != "0"; }));
}

TEST_CASE("INFO tells the percentiles that are asked for, and a whole configuration can be written") {
  const Folder folder;
  const std::string file = folder.path() + "/node.conf";
  std::ofstream(file) << "save \"\"\nenable-debug-command yes\n";
  const ChildServer server(our_binary(), folder.path(), {file});
  Connection c = server.connect();
  c.ask("get k");
  CHECK(c.ask("config set latency-tracking-info-percentiles \"0.0 50.0 100.0\"") == "+OK\r\n");
  const std::string told = fields_of(c.ask("info latencystats"))["latency_percentiles_usec_get"];
  CHECK(told.starts_with("p0="));
  CHECK(told.find(",p50=") < told.find(",p100="));
  CHECK(
      c.ask("config set latency-tracking-info-percentiles \"50 101\"").starts_with("-ERR CONFIG SET failed"));
  CHECK(c.ask("debug config-rewrite-force-all") == "+OK\r\n");
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  CHECK(text.str().find("\nlatency-tracking-info-percentiles 0 50 100\n") != std::string::npos);
  CHECK(text.str().find("\nio-threads 1\n") != std::string::npos);
}

TEST_CASE("a node that systemd started tells it when it is ready") {
  const Folder folder;
  const std::string path = folder.path() + "/notify";
  const node::Socket socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_un a{};
  a.sun_family = AF_UNIX;
  path.copy(a.sun_path, sizeof a.sun_path - 1);
  REQUIRE(bind(socket.fd(), reinterpret_cast<const sockaddr*>(&a), sizeof a) == 0);
  setenv("NOTIFY_SOCKET", path.c_str(), 1);
  const ChildServer server(our_binary(), folder.path(), {"--save", "", "--supervised", "systemd"});
  unsetenv("NOTIFY_SOCKET");
  std::string heard;
  CHECK(eventually([&] {
    char buffer[256];
    const ssize_t n = recv(socket.fd(), buffer, sizeof buffer, 0);
    if (n > 0) heard.append(buffer, static_cast<std::size_t>(n));
    return heard.find("READY=1") != std::string::npos;
  }));
}

TEST_CASE("INFO counts replication's bytes apart, and tells how far expiry is behind") {
  const Folder folder, other_folder;
  const ChildServer master(our_binary(), folder.path(), {"--save", ""});
  const ChildServer replica(our_binary(), other_folder.path(),
                            {"--save", "", "--replicaof", "127.0.0.1 " + std::to_string(master.port())});
  Connection m = master.connect(), r = replica.connect();
  REQUIRE(eventually([&] { return field(r, "replication", "master_link_status") == "up"; }));
  m.ask("set k " + std::string(5000, 'x'));
  CHECK(eventually([&] { return std::stoul(field(m, "stats", "total_net_repl_output_bytes")) > 5000; }));
  CHECK(eventually([&] { return std::stoul(field(r, "stats", "total_net_repl_input_bytes")) > 5000; }));
  CHECK(std::stoul(field(r, "stats", "total_net_input_bytes")) >
        std::stoul(field(r, "stats", "total_net_repl_input_bytes")));
  CHECK(field(m, "stats", "expired_stale_perc") == "0.00");
  for (int i = 0; i < 3000; ++i) m.ask("set gone:" + std::to_string(i) + " v px 1");
  CHECK(eventually([&] { return field(m, "stats", "expired_stale_perc") != "0.00"; }));
  m.ask("config resetstat");
  CHECK(field(m, "stats", "total_net_repl_output_bytes") == "0");
}

namespace {

/// How blocked clients are counted: a command that waits, what ends the wait, and the statistics after it.
struct Waits {
  explicit Waits(const std::string& binary)
      : server(binary, folder.path(), {"--save", "", "--slowlog-log-slower-than", "0"}),
        control(server.connect()),
        waiting(server.connect()) {
    id = waiting.ask("client id").substr(1);
    id.erase(id.find('\r'));
  }
  std::string after(const std::vector<std::string>& command, const std::string& ends) {
    control.ask("config resetstat");
    waiting.send_command(command);
    REQUIRE(eventually([&] { return field(control, "clients", "blocked_clients") == "1"; }));
    control.ask("slowlog reset");
    control.ask(ends);
    std::string seen = waiting.reply();
    const std::string log = control.ask("slowlog get");
    seen += log.find(command[0]) == std::string::npos ? "not in the log " : "in the log ";
    const std::string counts = field(control, "commandstats", "cmdstat_" + command[0]);
    seen += counts.substr(0, counts.find(",usec=")) + counts.substr(counts.find(",rejected"));
    for (const char* code : {"UNBLOCKED", "NOGROUP"})
      seen += " " + field(control, "errorstats", std::string("errorstat_") + code);
    seen += " errors " + field(control, "stats", "total_error_replies");
    const std::string timed = control.ask("latency histogram " + command[0]);
    seen += timed.find("calls\r\n:1\r\n") == std::string::npos ? " untimed" : " timed";
    return seen;
  }
  Folder folder;
  ChildServer server;
  Connection control, waiting;
  std::string id;
};

std::vector<std::string> statistics_of_waits(const std::string& binary) {
  Waits w(binary);
  const std::vector<std::string> pop{"blpop", "l", "0"},
      read{"xreadgroup", "group", "g", "a", "block", "0", "streams", "s", ">"};
  const std::string group = "xgroup create s g $ mkstream";
  std::vector<std::string> seen;
  seen.push_back(w.after(pop, "rpush l x"));
  seen.push_back(w.after(pop, "client unblock " + w.id + " error"));
  seen.push_back(w.after(pop, "client unblock " + w.id));
  for (const char* ends : {"xgroup destroy s g", "del s", "set s x"}) {
    w.control.ask(group);
    seen.push_back(w.after(read, ends));
  }
  seen.push_back(w.after(pop, "replicaof 127.0.0.1 1"));
  return seen;
}

}  // namespace

TEST_CASE("who waits is in the slow log and the statistics when the wait ends, as in redis-server") {
  const std::vector<std::string> ours = statistics_of_waits(our_binary());
  CHECK(ours[0].ends_with("in the log calls=1,rejected_calls=0,failed_calls=0   errors 0 timed"));
  CHECK(ours[1].find("failed_calls=1 count=1  errors 1") != std::string::npos);
  if (!stock_binary().empty()) CHECK(ours == statistics_of_waits(stock_binary()));
}

TEST_CASE("CLIENT LIST tells the descriptor, not the number of the connection") {
  const Folder folder;
  const ChildServer server(our_binary(), folder.path(), {"--save", ""});
  for (int i = 0; i < 100; ++i) server.connect().ask("ping");
  Connection c = server.connect();
  const std::string line = c.ask("client info");
  CHECK(std::stoi(line.substr(line.find(" fd=") + 4)) < 100);
  CHECK(std::stoi(line.substr(line.find("id=") + 3)) > 100);
}

/// What tools read of the node: INFO's fields, and the word to systemd.
#include <sys/socket.h>
#include <sys/un.h>

#include <catch2/catch.hpp>
#include <cstddef>
#include <cstdlib>
#include <map>
#include <set>
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
  // Of modules, threads, another allocator's defragmentation, or not counted here.
  const std::set<std::string> known = {"atomicvar_api",
                                       "mem_cluster_links",
                                       "mem_aof_buffer",
                                       "current_cow_size_age",
                                       "aof_rewrites_consecutive_failures",
                                       "module_fork_in_progress",
                                       "module_fork_last_cow_size",
                                       "total_net_repl_input_bytes",
                                       "total_net_repl_output_bytes",
                                       "instantaneous_input_repl_kbps",
                                       "instantaneous_output_repl_kbps",
                                       "expired_stale_perc",
                                       "expired_time_cap_reached_count",
                                       "expire_cycle_cpu_milliseconds",
                                       "total_eviction_exceeded_time",
                                       "current_eviction_exceeded_time",
                                       "total_active_defrag_time",
                                       "current_active_defrag_time",
                                       "reply_buffer_shrinks",
                                       "reply_buffer_expands"};
  for (const auto& [name, value] : there) {
    if (name.starts_with("tracking_")) continue;
    if (!known.contains(name)) {
      INFO(name);
      CHECK(here.contains(name));
    }
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
  CHECK(std::stod(latency.substr(4)) >= 1);
  c.ask("bgsave");
  CHECK(eventually([&] { return fields_of(c.ask("info everything"))["latest_fork_usec"] != "0"; }));
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

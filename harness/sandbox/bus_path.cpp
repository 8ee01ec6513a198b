#include "harness/sandbox/bus_path.h"

#include <arpa/inet.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <exception>
#include <nlohmann/json.hpp>

#include "harness/core/check.h"
#include "harness/core/wait.h"
#include "harness/sandbox/nftables.h"

namespace harness {
namespace {

constexpr const char* kTable = "ip harness_bus";
constexpr const char* kTableName = "harness_bus";
constexpr int kBacklog = 512;
constexpr auto kLetGoPatience = std::chrono::seconds(5);

/// How many threads carry the connections. Where more descriptors are allowed than are set, they are set.
std::size_t carriers_for(std::size_t hosts) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) fail_bus_path("ask for the limit of open files");
  if (limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) fail_bus_path("raise the limit of open files");
  }
  const std::size_t carriers = bus_carriers_needed(hosts, limit.rlim_max);
  if (carriers == 0)
    throw EnvironmentError("the bus path of " + std::to_string(hosts) + " nodes needs " +
                           std::to_string(4 * hosts + 128) + " open files in each of its threads, and only " +
                           std::to_string(limit.rlim_max) +
                           " are allowed: raise `ulimit -Hn`, or take fewer nodes");
  return carriers;
}

/// On a thread of its own, within the host's network.
void inside(const Host& host, const std::function<void()>& work) {
  std::exception_ptr failure;
  std::thread([&] {
    try {
      host.enter();
      work();
    } catch (...) {
      failure = std::current_exception();
    }
  }).join();
  if (failure) std::rethrow_exception(failure);
}

std::string redirection(int bus_port, int to) {
  const std::string table = kTable;
  return "add table " + table + "\nadd chain " + table +
         " leaving { type nat hook output priority -100 ; policy accept ; }\nadd rule " + table +
         " leaving meta mark & 0x20000000 == 0 tcp dport " + std::to_string(bus_port) +
         " redirect to :" + std::to_string(to) + "\n";
}

int redirections() {
  bool there = false;
  for (const auto& entry : nftables::list("list tables ip"))
    there = there || (entry.contains("table") && entry["table"].at("name") == kTableName);
  if (!there) return 0;
  int count = 0;
  for (const auto& entry : nftables::list(std::string("list table ") + kTable))
    count += entry.contains("rule");
  return count;
}

FileDescriptor tcp_socket() {
  FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) fail_bus_path("make a socket");
  return socket;
}

}  // namespace

BusRuleInForce::BusRuleInForce(BusPath& path, const BusRule& rule)
    : path_(path), id_(path.traffic_.add(rule)) {}

BusRuleInForce::~BusRuleInForce() {
  try {
    remove();
  } catch (const std::exception& trouble) {
    std::fprintf(stderr, "harness: the bus path keeps messages: %s\n", trouble.what());
  }
}

BusRuleCounts BusRuleInForce::counts() const {
  return path_.traffic_.counts_of(id_);
}

void BusRuleInForce::remove() {
  if (std::exchange(removed_, true)) return;
  path_.traffic_.remove(id_);
  for (const auto& carrier : path_.carriers_) carrier->rules_changed();
  wait_until(
      "the bus path lets go what a rule has held back", kLetGoPatience,
      [&] { return path_.traffic_.waiting(id_) == 0; }, std::chrono::milliseconds(1));
}

BusPath::BusPath(std::vector<Host*> hosts, int bus_port) : hosts_(std::move(hosts)), port_(bus_port) {
  const std::size_t carriers = carriers_for(hosts_.size());
  std::vector<std::vector<BusDoor>> doors(carriers);
  try {
    for (std::size_t i = 0; i < hosts_.size(); ++i) doors[i % carriers].push_back(open_door(*hosts_[i]));
  } catch (const EnvironmentError&) {
    for (const auto& some : doors)
      for (const BusDoor& door : some)
        inside(*door.host,
               [] { nftables::run(std::string("delete table ") + kTable + "\n", "take it away"); });
    throw;
  }
  for (auto& some : doors)
    carriers_.push_back(std::make_unique<BusCarrier>(std::move(some), hosts_, traffic_, carriers > 1));
  close_old_links();
}

BusPath::~BusPath() {
  const std::string table = kTable;
  const auto everywhere = [&](const std::string& commands) {
    for (const Host* host : hosts_) try {
        inside(*host, [&] { nftables::run(commands, "end the bus path"); });
      } catch (const std::exception& trouble) {
        // The sandbox takes the rules away with the namespace.
        std::fprintf(stderr, "harness: %s keeps its bus path: %s\n", host->name().c_str(), trouble.what());
      }
  };
  // New connections go straight from here on. The chain itself must stay until the old ones are reset: what
  // we send to the servers is translated back by it.
  everywhere("flush table " + table + "\n");
  carriers_.clear();
  everywhere("delete table " + table + "\n");
}

BusDoor BusPath::open_door(Host& host) const {
  if (host.network_namespace() < 0)
    throw EnvironmentError(
        "messages of the cluster bus can be seen only where hosts have a network of their own; `harness "
        "doctor` says what would enable that");
  BusDoor door;
  door.host = &host;
  inside(host, [&] {
    door.listener = tcp_socket();
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(door.listener.get(), generic, sizeof address) != 0 ||
        ::listen(door.listener.get(), kBacklog) != 0 ||
        ::getsockname(door.listener.get(), generic, &size) != 0)
      fail_bus_path("listen");
    door.port = ntohs(address.sin_port);
    nftables::run(redirection(port_, door.port), "redirect connections of the cluster bus");
    if (redirections() != 1)
      throw EnvironmentError("nftables took the bus path's rule, but does not list it");
  });
  return door;
}

int BusPath::connections() const {
  int count = 0;
  for (const auto& carrier : carriers_) count += carrier->connections();
  return count;
}

std::vector<int> BusPath::thread_ids() const {
  std::vector<int> ids;
  for (const auto& carrier : carriers_) ids.push_back(carrier->thread_id());
  return ids;
}

void BusPath::close_old_links() {
  ResetRule rule;
  rule.port = port_;
  for (const Host* host : hosts_) rule.peers.push_back(host->ip());
  for (Host* host : hosts_) closed_links_ += host->reset_connections(rule);
}

std::unique_ptr<BusRuleInForce> BusPath::apply(const BusRule& rule) {
  return std::make_unique<BusRuleInForce>(*this, rule);
}

std::vector<std::string> BusPath::hosts() const {
  std::vector<std::string> names;
  for (const Host* host : hosts_) names.push_back(host->name());
  return names;
}

int BusPath::redirecting_hosts() const {
  int count = 0;
  for (const Host* host : hosts_) inside(*host, [&] { count += redirections(); });
  return count;
}

}  // namespace harness

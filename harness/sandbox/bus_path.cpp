#include "harness/sandbox/bus_path.h"

#include <arpa/inet.h>
#include <linux/netfilter_ipv4.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
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
constexpr unsigned kMark = 0x20000000;  // a bit that nobody else uses
constexpr int kBacklog = 512;
constexpr auto kLetGoPatience = std::chrono::seconds(5);

// The tags of epoll: connections have two each, from kFirstPipe * 2 on; below are the wake and the doors.
constexpr std::uint64_t kWake = 0, kFirstDoor = 1;
constexpr std::uint64_t kFirstPipe = 1U << 20U;

Nanos steady_now() {
  return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
}

[[noreturn]] void fail(const std::string& what) {
  throw EnvironmentError("cannot " + what + " for the bus path: " + std::strerror(errno));
}

/// Two descriptors a connection, and every host connects to every other. Where more are allowed than are set,
/// they are set.
void require_descriptors(std::size_t hosts) {
  const rlim_t needed = 2 * hosts * hosts + 512;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) fail("ask for the limit of open files");
  if (limit.rlim_cur >= needed) return;
  if (limit.rlim_max < needed)
    throw EnvironmentError("the bus path of " + std::to_string(hosts) + " nodes needs " +
                           std::to_string(needed) + " open files, and only " +
                           std::to_string(limit.rlim_max) +
                           " are allowed: raise `ulimit -Hn`, or take fewer nodes");
  limit.rlim_cur = needed;
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) fail("raise the limit of open files");
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
  if (!socket) fail("make a socket");
  return socket;
}

std::string text_of(const in_addr& address) {
  char text[INET_ADDRSTRLEN];
  ::inet_ntop(AF_INET, &address, text, sizeof text);
  return text;
}

/// A connection onward from within this thread's network; nothing when it cannot even begin.
FileDescriptor connect_onward(const sockaddr_in& to) {
  FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return {};
  if (::setsockopt(socket.get(), SOL_SOCKET, SO_MARK, &kMark, sizeof kMark) != 0) return {};
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0) return socket;
  return errno == EINPROGRESS ? std::move(socket) : FileDescriptor();
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
  path_.rules_changed_ = true;
  path_.wake();
  wait_until(
      "the bus path lets go what a rule has held back", kLetGoPatience,
      [&] { return path_.traffic_.waiting(id_) == 0; }, std::chrono::milliseconds(1));
}

BusPath::BusPath(std::vector<Host*> hosts, int bus_port)
    : hosts_(std::move(hosts)),
      port_(bus_port),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!epoll_ || !wake_) fail("make an epoll and an eventfd");
  require_descriptors(hosts_.size());
  epoll_event event{EPOLLIN, {.u64 = kWake}};
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), &event) != 0) fail("watch an eventfd");
  try {
    for (Host* host : hosts_) open_door(*host);
  } catch (const EnvironmentError&) {
    for (const Door& door : doors_)
      inside(*door.host, [] { nftables::run(std::string("delete table ") + kTable + "\n", "take it away"); });
    throw;
  }
  thread_ = std::jthread([this](const std::stop_token& stop) { carry(stop); });
  close_old_links();
}

BusPath::~BusPath() {
  const std::string table = kTable;
  const auto everywhere = [&](const std::string& commands) {
    for (const Door& door : doors_) try {
        inside(*door.host, [&] { nftables::run(commands, "end the bus path"); });
      } catch (const std::exception& trouble) {
        // The sandbox takes the rules away with the namespace.
        std::fprintf(stderr, "harness: %s keeps its bus path: %s\n", door.host->name().c_str(),
                     trouble.what());
      }
  };
  // New connections go straight from here on. The chain itself must stay until the old ones are reset: what
  // we send to the servers is translated back by it.
  everywhere("flush table " + table + "\n");
  thread_.request_stop();
  wake();
  thread_.join();
  for (auto& [number, pipe] : pipes_) pipe->reset();
  pipes_.clear();
  everywhere("delete table " + table + "\n");
}

void BusPath::open_door(Host& host) {
  if (host.network_namespace() < 0)
    throw EnvironmentError(
        "messages of the cluster bus can be seen only where hosts have a network of their own; `harness "
        "doctor` says what would enable that");
  Door door;
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
      fail("listen");
    door.port = ntohs(address.sin_port);
    nftables::run(redirection(port_, door.port), "redirect connections of the cluster bus");
    if (redirections() != 1)
      throw EnvironmentError("nftables took the bus path's rule, but does not list it");
  });
  epoll_event event{EPOLLIN, {.u64 = kFirstDoor + doors_.size()}};
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, door.listener.get(), &event) != 0) fail("watch a listener");
  doors_.push_back(std::move(door));
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

std::string BusPath::name_of(const std::string& ip) const {
  for (const Host* host : hosts_)
    if (host->ip() == ip) return host->name();
  return ip;
}

void BusPath::wake() const {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wake_.get(), &one, sizeof one);
}

void BusPath::carry(const std::stop_token& stop) {
  std::array<epoll_event, 64> events;
  while (!stop.stop_requested()) {
    Nanos next = kNever;
    for (const auto& [number, pipe] : pipes_) next = std::min(next, pipe->next_release());
    const Nanos wait = next == kNever ? -1 : std::max<Nanos>(0, next - steady_now());
    const timespec timeout{wait / kSecond, wait % kSecond};
    const int count = ::epoll_pwait2(epoll_.get(), events.data(), events.size(),
                                     next == kNever ? nullptr : &timeout, nullptr);
    const Nanos now = steady_now();
    for (int i = 0; i < count; ++i)
      handle(events[static_cast<std::size_t>(i)].data.u64, events[static_cast<std::size_t>(i)].events, now);
    if (next <= now || rules_changed_.exchange(false)) release_due(now);
    sweep();
  }
}

void BusPath::handle(std::uint64_t tag, std::uint32_t events, Nanos now) {
  if (tag == kWake) {
    std::uint64_t ignored;
    [[maybe_unused]] const auto taken = ::read(wake_.get(), &ignored, sizeof ignored);
  } else if (tag < kFirstPipe) {
    accept_from(doors_[tag - kFirstDoor]);
  } else if (const auto found = pipes_.find(tag / 2); found != pipes_.end()) {
    found->second->handle(tag % 2 == 0 ? BusPipe::kNear : BusPipe::kFar, events, now);
    tell_epoll(*found->second, found->first);
  }
}

void BusPath::accept_from(const Door& door) {
  FileDescriptor near(::accept4(door.listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!near) return;  // gone again, or no descriptor is left: whoever asked tries again
  sockaddr_in meant{};
  socklen_t size = sizeof meant;
  if (::getsockopt(near.get(), SOL_IP, SO_ORIGINAL_DST, &meant, &size) != 0) return;
  door.host->enter();
  FileDescriptor far = connect_onward(meant);
  if (!far) return;
  const std::uint64_t number = kFirstPipe + ++last_pipe_;
  auto pipe =
      std::make_unique<BusPipe>(std::move(near), std::move(far),
                                BusLink{door.host->name(), name_of(text_of(meant.sin_addr))}, traffic_);
  BusPipe& its = *pipe;
  pipes_.emplace(number, std::move(pipe));
  connections_ = static_cast<int>(pipes_.size());
  for (const auto side : {BusPipe::kNear, BusPipe::kFar}) {
    its.told[side] = its.interest(side);
    epoll_event event{its.told[side], {.u64 = number * 2 + side}};
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, its.fd(side), &event) != 0) its.reset();
  }
}

void BusPath::tell_epoll(BusPipe& pipe, std::uint64_t number) {
  if (pipe.ended()) return;
  for (const auto side : {BusPipe::kNear, BusPipe::kFar}) {
    const std::uint32_t wanted = pipe.interest(side);
    if (wanted == pipe.told[side]) continue;
    pipe.told[side] = wanted;
    epoll_event event{wanted, {.u64 = number * 2 + side}};
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, pipe.fd(side), &event) != 0) pipe.reset();
  }
}

void BusPath::release_due(Nanos now) {
  for (auto& [number, pipe] : pipes_) {
    if (pipe->next_release() == kNever) continue;
    pipe->release(now);
    tell_epoll(*pipe, number);
  }
}

void BusPath::sweep() {
  std::erase_if(pipes_, [](const auto& entry) { return entry.second->ended(); });
  connections_ = static_cast<int>(pipes_.size());
}

}  // namespace harness

#include "harness/sandbox/bus_carrier.h"

#include <arpa/inet.h>
#include <linux/netfilter_ipv4.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "harness/core/check.h"

namespace harness {
namespace {

constexpr unsigned kMark = 0x20000000;  // as the redirection leaves alone
constexpr int kNiceness = -10;
// Descriptors that a table of a thread's own has beside the connections', and two for each host; and what the
// harness's own table is left for all else.
constexpr std::size_t kOfTheThread = 128;
constexpr std::size_t kOfTheHarness = 512;

// The tags of epoll: connections have two each, from kFirstPipe * 2 on; below are the wake and the doors.
constexpr std::uint64_t kWake = 0, kFirstDoor = 1;
constexpr std::uint64_t kFirstPipe = 1U << 20U;

Nanos steady_now() {
  return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
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

/// Closes all descriptors but these.
void close_all_but(std::vector<int> kept) {
  std::ranges::sort(kept);
  unsigned next = 0;
  for (const int descriptor : kept) {
    const auto number = static_cast<unsigned>(descriptor);
    if (number > next) ::close_range(next, number - 1, 0);
    next = number + 1;
  }
  ::close_range(next, ~0U, 0);
}

}  // namespace

void fail_bus_path(const std::string& what) {
  throw EnvironmentError("cannot " + what + " for the bus path: " + std::strerror(errno));
}

std::size_t bus_carriers_needed(std::size_t hosts, std::size_t allowed) {
  if (hosts < 2) return 1;
  const std::size_t of_a_host = 2 * (hosts - 1);
  if (of_a_host * hosts + hosts + kOfTheHarness <= allowed) return 1;
  const std::size_t fixed = 2 * hosts + kOfTheThread;
  const std::size_t hosts_in_one = allowed > fixed ? (allowed - fixed) / of_a_host : 0;
  if (hosts_in_one == 0) return 0;
  // One alone would be no other table than the harness's: two at least, so that the count says which.
  return std::max<std::size_t>(2, (hosts + hosts_in_one - 1) / hosts_in_one);
}

BusCarrier::BusCarrier(std::vector<BusDoor> doors, const std::vector<Host*>& hosts, BusTraffic& traffic,
                       bool own_table)
    : doors_(std::move(doors)),
      hosts_(hosts),
      traffic_(traffic),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!epoll_ || !wake_) fail_bus_path("make an epoll and an eventfd");
  epoll_event event{EPOLLIN, {.u64 = kWake}};
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), &event) != 0) fail_bus_path("watch an eventfd");
  for (std::size_t i = 0; i < doors_.size(); ++i) {
    epoll_event arrival{EPOLLIN, {.u64 = kFirstDoor + i}};
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, doors_[i].listener.get(), &arrival) != 0)
      fail_bus_path("watch a listener");
  }
  thread_ = std::jthread([this, own_table](const std::stop_token& stop) { carry(stop, own_table); });
  thread_id_.wait(0);
}

void BusCarrier::stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  wake();
  thread_.join();
}

void BusCarrier::rules_changed() {
  rules_changed_ = true;
  wake();
}

/// A copy of the harness's, of which only what this thread needs stays open: what others close shall be
/// closed.
void BusCarrier::take_own_table() const {
  if (::unshare(CLONE_FILES) != 0) return;  // then it shares the harness's, and its limit
  std::vector<int> kept = {STDERR_FILENO, epoll_.get(), wake_.get()};
  for (const BusDoor& door : doors_) {
    kept.push_back(door.listener.get());
    kept.push_back(door.host->network_namespace());
  }
  close_all_but(std::move(kept));
}

std::string BusCarrier::name_of(const std::string& ip) const {
  for (const Host* host : hosts_)
    if (host->ip() == ip) return host->name();
  return ip;
}

void BusCarrier::wake() const {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wake_.get(), &one, sizeof one);
}

void BusCarrier::carry(const std::stop_token& stop, bool own_table) {
  // No network waits for a processor, whatever else the machine has to do. Refused, it does as others do.
  (void)::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNiceness);
  if (own_table) take_own_table();
  thread_id_ = ::gettid();
  thread_id_.notify_all();
  std::array<epoll_event, 64> events;
  while (!stop.stop_requested()) {
    const Nanos next = due_.empty() ? kNever : due_.begin()->first;
    const Nanos wait = next == kNever ? -1 : std::max<Nanos>(0, next - steady_now());
    const timespec timeout{wait / kSecond, wait % kSecond};
    const int count = ::epoll_pwait2(epoll_.get(), events.data(), events.size(),
                                     next == kNever ? nullptr : &timeout, nullptr);
    const Nanos now = steady_now();
    for (int i = 0; i < count; ++i)
      handle(events[static_cast<std::size_t>(i)].data.u64, events[static_cast<std::size_t>(i)].events, now);
    if (rules_changed_.exchange(false))
      release_all(now);
    else
      release_due(now);
  }
  // Here, since the descriptors may be this thread's alone.
  for (auto& [number, carried] : pipes_) carried.pipe->reset();
  pipes_.clear();
  connections_ = 0;
}

void BusCarrier::handle(std::uint64_t tag, std::uint32_t events, Nanos now) {
  if (tag == kWake) {
    std::uint64_t ignored;
    [[maybe_unused]] const auto taken = ::read(wake_.get(), &ignored, sizeof ignored);
  } else if (tag < kFirstPipe) {
    accept_from(doors_[tag - kFirstDoor]);
  } else if (const auto found = pipes_.find(tag / 2); found != pipes_.end()) {
    found->second.pipe->handle(tag % 2 == 0 ? BusPipe::kNear : BusPipe::kFar, events, now);
    touched(found->first);
  }
}

void BusCarrier::accept_from(const BusDoor& door) {
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
  pipes_.emplace(number, Carried{std::move(pipe), kNever});
  connections_ = static_cast<int>(pipes_.size());
  for (const auto side : {BusPipe::kNear, BusPipe::kFar}) {
    its.told[side] = its.interest(side);
    epoll_event event{its.told[side], {.u64 = number * 2 + side}};
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, its.fd(side), &event) != 0) its.reset();
  }
  touched(number);
}

void BusCarrier::tell_epoll(BusPipe& pipe, std::uint64_t number) {
  if (pipe.ended()) return;
  for (const auto side : {BusPipe::kNear, BusPipe::kFar}) {
    const std::uint32_t wanted = pipe.interest(side);
    if (wanted == pipe.told[side]) continue;
    pipe.told[side] = wanted;
    epoll_event event{wanted, {.u64 = number * 2 + side}};
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, pipe.fd(side), &event) != 0) pipe.reset();
  }
}

/// After anything that was done with it: what epoll shall tell of it, when it is due, whether it has ended.
void BusCarrier::touched(std::uint64_t number) {
  const auto found = pipes_.find(number);
  Carried& carried = found->second;
  tell_epoll(*carried.pipe, number);
  const Nanos next = carried.pipe->ended() ? kNever : carried.pipe->next_release();
  if (next != carried.due) {
    due_.erase({carried.due, number});
    if (next != kNever) due_.emplace(next, number);
    carried.due = next;
  }
  if (!carried.pipe->ended()) return;
  pipes_.erase(found);
  connections_ = static_cast<int>(pipes_.size());
}

void BusCarrier::release(std::uint64_t number, Nanos now) {
  pipes_.at(number).pipe->release(now);
  touched(number);
}

void BusCarrier::release_due(Nanos now) {
  std::vector<std::uint64_t> numbers;
  for (auto it = due_.begin(); it != due_.end() && it->first <= now; ++it) numbers.push_back(it->second);
  for (const std::uint64_t number : numbers) release(number, now);
}

void BusCarrier::release_all(Nanos now) {
  std::vector<std::uint64_t> numbers;
  for (const auto& [due, number] : due_) numbers.push_back(number);
  for (const std::uint64_t number : numbers) release(number, now);
}

}  // namespace harness

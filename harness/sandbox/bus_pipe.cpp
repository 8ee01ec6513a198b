#include "harness/sandbox/bus_pipe.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>

namespace harness {
namespace {

constexpr std::size_t kBacklogMax = 4U << 20U;  // beyond that the sender has to wait, as TCP makes it
constexpr std::size_t kBlock = 64U << 10U;

}  // namespace

BusPipe::BusPipe(FileDescriptor near, FileDescriptor far, BusLink there, BusTraffic& traffic)
    : traffic_(traffic) {
  ends_[kNear].socket = std::move(near);
  ends_[kFar].socket = std::move(far);
  const int yes = 1;
  for (const End& end : ends_) ::setsockopt(end.socket.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  flow_from(kFar).link = {there.to, there.from};
  flow_from(kNear).link = std::move(there);
}

std::uint32_t BusPipe::interest(Side side) const {
  if (ended_) return 0;
  if (connecting_) return side == kFar ? std::uint32_t{EPOLLOUT} : 0;
  const Flow& sent = ends_[side].flow;
  const Flow& received = ends_[other(side)].flow;
  std::uint32_t events = 0;
  if (!sent.over && sent.backlog() < kBacklogMax) events |= EPOLLIN;
  if (received.out.size() > received.sent) events |= EPOLLOUT;
  return events;
}

void BusPipe::handle(Side side, std::uint32_t events, Nanos now) {
  if (ended_) return;
  if (connecting_) {
    if (side == kFar) finish_connecting();
    // Whoever opened it may have sent its first words by now; epoll tells when we ask for them.
    else if ((events & (EPOLLERR | EPOLLHUP)) != 0)
      reset();
    return;
  }
  if ((events & EPOLLOUT) != 0) write(other(side));
  if (ended_) return;
  if (!flow_from(side).over && (events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0) return read(side, now);
  if ((events & (EPOLLERR | EPOLLHUP)) != 0) reset();
}

void BusPipe::finish_connecting() {
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(fd(kFar), SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0) return reset();
  connecting_ = false;
}

void BusPipe::read(Side side, Nanos now) {
  thread_local std::array<char, kBlock> block;
  const ssize_t count = ::recv(fd(side), block.data(), block.size(), MSG_DONTWAIT);
  if (count < 0) {
    if (errno != EAGAIN && errno != EINTR) reset();
    return;
  }
  if (count == 0) return end_of(side);
  Flow& flow = flow_from(side);
  flow.framer.feed({block.data(), static_cast<std::size_t>(count)},
                   [&](std::string_view bytes, bool whole) { take(flow, bytes, whole, now); });
  write(side);
}

void BusPipe::take(Flow& flow, std::string_view bytes, bool whole, Nanos now) {
  if (!whole) {
    traffic_.unread(flow.link, bytes.size());
    flow.out += bytes;
    return;
  }
  const BusVerdict verdict = traffic_.admit(flow.link, bytes);
  if (verdict.delay == 0) {
    hand_on(flow, bytes, verdict);
  } else {
    // Not from when it was read, but from when it was told of: this thread may have stood still in between,
    // and nobody may have a message before the time that its record gives.
    const Nanos admitted = std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
    for (int copy = 0; copy < verdict.copies; ++copy) {
      flow.waiting.emplace(std::max(now, admitted) + verdict.delay,
                           Waiting{std::string(bytes), verdict.type, verdict.rule, verdict.held});
      flow.waiting_bytes += bytes.size();
    }
  }
  // A message that passed has overtaken those that were held back for it.
  if (verdict.copies > 0 && !verdict.held && verdict.delay == 0)
    let_go(flow, [](Nanos, const Waiting& waiting) { return waiting.held; });
}

void BusPipe::hand_on(Flow& flow, std::string_view bytes, const BusVerdict& verdict) {
  for (int copy = 0; copy < verdict.copies; ++copy) {
    flow.out += bytes;
    traffic_.delivered(flow.link, verdict.type);
  }
}

void BusPipe::let_go(Flow& flow, const std::function<bool(Nanos, const Waiting&)>& which) {
  for (auto it = flow.waiting.begin(); it != flow.waiting.end();) {
    if (!which(it->first, it->second)) {
      ++it;
      continue;
    }
    flow.waiting_bytes -= it->second.bytes.size();
    traffic_.done_waiting(it->second.rule);
    hand_on(flow, it->second.bytes, {it->second.type, 1, 0, false, 0});
    it = flow.waiting.erase(it);
  }
}

void BusPipe::release(Nanos now) {
  if (ended_ || connecting_) return;
  for (const Side side : {kNear, kFar}) {
    Flow& flow = flow_from(side);
    if (flow.waiting.empty() || ended_) continue;
    let_go(flow,
           [&](Nanos due, const Waiting& waiting) { return due <= now || !traffic_.in_force(waiting.rule); });
    write(side);
  }
}

Nanos BusPipe::next_release() const {
  Nanos next = kNever;
  for (const End& end : ends_)
    if (!end.flow.waiting.empty()) next = std::min(next, end.flow.waiting.begin()->first);
  return next;
}

/// What was sent before the end is still delivered, as it would be from within the network.
void BusPipe::end_of(Side side) {
  Flow& flow = flow_from(side);
  flow.over = true;
  if (const std::string rest = flow.framer.take_rest(); !rest.empty()) flow.out += rest;
  write(side);
}

void BusPipe::write(Side from) {
  Flow& flow = flow_from(from);
  const int socket = fd(other(from));
  while (flow.sent < flow.out.size()) {
    const ssize_t count =
        ::send(socket, flow.out.data() + flow.sent, flow.out.size() - flow.sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0 && errno == EAGAIN) return;
    if (count < 0) return reset();
    flow.sent += static_cast<std::size_t>(count);
  }
  flow.out.clear();
  flow.sent = 0;
  if (!flow.over || flow.closed || !flow.waiting.empty()) return;
  ::shutdown(socket, SHUT_WR);
  flow.closed = true;
  ended_ = flow_from(other(from)).closed;
}

void BusPipe::reset() {
  const linger at_once{1, 0};
  for (End& end : ends_) {
    ::setsockopt(end.socket.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    for (const auto& [due, waiting] : end.flow.waiting) traffic_.done_waiting(waiting.rule);
    end.flow.waiting.clear();
    end.flow.waiting_bytes = 0;
  }
  ended_ = true;
}

}  // namespace harness

#include "server/net/event_loop.h"

#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace node {

namespace {
constexpr std::size_t kEvents = 1024;

void control(int epoll, int operation, int fd, std::uint32_t events, Watcher* watcher) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = watcher;
  if (epoll_ctl(epoll, operation, fd, &event) != 0)
    throw std::system_error(errno, std::generic_category(), "epoll_ctl");
}
}  // namespace

EventLoop::EventLoop() : fd_(epoll_create1(EPOLL_CLOEXEC)), spare_(kEvents) {
  if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
}

EventLoop::~EventLoop() {
  abandon();
}

void EventLoop::abandon() {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
}

void EventLoop::add(int fd, std::uint32_t events, Watcher* w) {
  control(fd_, EPOLL_CTL_ADD, fd, events, w);
}
void EventLoop::change(int fd, std::uint32_t events, Watcher* w) {
  control(fd_, EPOLL_CTL_MOD, fd, events, w);
}

void EventLoop::remove(int fd) {
  epoll_event unused{};
  epoll_ctl(fd_, EPOLL_CTL_DEL, fd, &unused);
}

void EventLoop::turn(int timeout_ms, const std::function<void()>& woken) {
  std::vector<epoll_event> room = std::exchange(spare_, {});
  room.resize(kEvents);
  const int n = epoll_wait(fd_, room.data(), static_cast<int>(room.size()), timeout_ms);
  if (woken) woken();
  for (int i = 0; i < n; ++i) {
    const epoll_event& e = room[static_cast<std::size_t>(i)];
    std::uint32_t events = e.events;
    if (events & (EPOLLHUP | EPOLLERR)) events |= EPOLLIN | EPOLLOUT;
    static_cast<Watcher*>(e.data.ptr)->on_event(events);
  }
  spare_ = std::move(room);
}

}  // namespace node

#include "server/net/event_loop.h"

#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace node {

namespace {
void control(int epoll, int operation, int fd, std::uint32_t events, Watcher* watcher) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = watcher;
  if (epoll_ctl(epoll, operation, fd, &event) != 0)
    throw std::system_error(errno, std::generic_category(), "epoll_ctl");
}
}  // namespace

EventLoop::EventLoop() : fd_(epoll_create1(EPOLL_CLOEXEC)), events_(1024) {
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

void EventLoop::turn(int timeout_ms) {
  const int n = epoll_wait(fd_, events_.data(), static_cast<int>(events_.size()), timeout_ms);
  if (on_wake) on_wake();
  for (int i = 0; i < n; ++i) {
    const epoll_event& e = events_[static_cast<std::size_t>(i)];
    std::uint32_t events = e.events;
    if (events & (EPOLLHUP | EPOLLERR)) events |= EPOLLIN | EPOLLOUT;
    static_cast<Watcher*>(e.data.ptr)->on_event(events);
  }
}

}  // namespace node

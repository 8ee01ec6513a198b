/// A single-threaded event loop on epoll, level-triggered.
#pragma once

#include <sys/epoll.h>

#include <cstdint>
#include <functional>
#include <vector>

namespace node {

/// Something with a file descriptor. It must stay alive until after the turn in which it was removed.
struct Watcher {
  virtual ~Watcher() = default;
  /// `events` as epoll gives them; EPOLLHUP and EPOLLERR come as both readable and writable.
  virtual void on_event(std::uint32_t events) = 0;
};

class EventLoop {
 public:
  EventLoop();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  void add(int fd, std::uint32_t events, Watcher* watcher);
  void change(int fd, std::uint32_t events, Watcher* watcher);
  void remove(int fd);
  /// Waits up to timeout_ms, calls `woken`, and delivers what happened. May be called from within a delivery.
  void turn(int timeout_ms, const std::function<void()>& woken = {});
  /// In a forked child: the parent's descriptor must not be touched.
  void abandon();

 private:
  int fd_;
  std::vector<epoll_event> spare_;  ///< room for events; taken by the turn that runs
};

}  // namespace node

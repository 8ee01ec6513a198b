// One connection of the cluster bus on its way through us: the server that opened it on the near side, the
// node that it meant on the far side, and what passes in each direction.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "harness/core/bus_message.h"
#include "harness/core/time.h"
#include "harness/sandbox/bus_traffic.h"
#include "harness/sandbox/file_descriptor.h"

namespace harness {

class BusPipe {
 public:
  enum Side : unsigned { kNear = 0, kFar = 1 };

  /// `far` may still be connecting. REQUIRES: both are non-blocking; `traffic` outlives it.
  BusPipe(FileDescriptor near, FileDescriptor far, BusLink there, BusTraffic& traffic);
  BusPipe(const BusPipe&) = delete;
  BusPipe& operator=(const BusPipe&) = delete;

  int fd(Side side) const { return ends_[side].socket.get(); }
  /// What epoll shall tell of that side; 0: nothing any more.
  std::uint32_t interest(Side side) const;
  void handle(Side side, std::uint32_t events, Nanos now);
  /// Hands on what waits for its time, or for a rule that is in force no more.
  void release(Nanos now);
  Nanos next_release() const;  // kNever: nothing waits
  bool ended() const { return ended_; }
  /// Both ends read "connection reset".
  void reset();

  std::uint32_t told[2] = {0, 0};  // what epoll was told last: the path's

 private:
  struct Waiting {
    std::string bytes;
    BusType type;
    BusRuleId rule;
    bool held;
  };
  /// One direction. ends_[s].flow: what the side s sends.
  struct Flow {
    BusLink link;
    BusFramer framer;
    std::multimap<Nanos, Waiting> waiting;  // by release; of the same time in their order
    std::size_t waiting_bytes = 0;
    std::string out;  // for the other side's socket
    std::size_t sent = 0;
    bool over = false;    // the sender has closed it
    bool closed = false;  // and the receiver knows
    std::size_t backlog() const { return out.size() - sent + waiting_bytes; }
  };
  struct End {
    FileDescriptor socket;
    Flow flow;
  };

  Flow& flow_from(Side side) { return ends_[side].flow; }
  static Side other(Side side) { return side == kNear ? kFar : kNear; }
  void finish_connecting();
  void read(Side side, Nanos now);
  void take(Flow& flow, std::string_view bytes, bool whole, Nanos now);
  void hand_on(Flow& flow, std::string_view bytes, const BusVerdict& verdict);
  void let_go(Flow& flow, const std::function<bool(Nanos, const Waiting&)>& which);
  void end_of(Side side);
  void write(Side from);

  BusTraffic& traffic_;
  std::array<End, 2> ends_;
  bool connecting_ = true;
  bool ended_ = false;
};

}  // namespace harness

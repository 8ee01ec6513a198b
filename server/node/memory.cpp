#include "server/node/memory.h"

#include <malloc.h>
#include <unistd.h>

#include <fstream>

#include "server/node/node.h"

namespace node {

std::size_t Memory::used() const {
  // What is allocated, not what the system gave: freed memory must count as free at once. Asking walks the
  // allocator's free lists, so it is asked no more often than costs a few percent.
  const std::int64_t now = node_.clock().monotonic_us();
  if (now < asked_us_ + 50 * cost_us_) return used_;
  const struct mallinfo2 info = mallinfo2();
  used_ = info.uordblks + info.hblkhd;
  if (node_.config().maxmemory > 0) uncounted_ = not_counted();
  asked_us_ = node_.clock().monotonic_us();
  cost_us_ = asked_us_ - now;
  return used_;
}

std::size_t Memory::not_counted() const {
  const Aof& aof = node_.storage().aof();
  std::size_t bytes = aof.is_open() ? aof.buffered() : 0;
  for (const auto& [id, c] : node_.clients().all())
    if (c->session.kind == Session::Kind::replica) bytes += c->session.out.buffer().capacity();
  return bytes + node_.replication().stream_bytes() - node_.replication().backlog_bytes();
}

std::size_t Memory::resident() {
  std::ifstream in("/proc/self/statm");
  std::size_t total = 0, resident = 0;
  in >> total >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace node

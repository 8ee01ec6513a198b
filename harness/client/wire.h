// One connection of a load client: a non-blocking socket driven by Boost.Asio, hiredis' RESP reader
// on top, a deadline for everything.
#pragma once

#include <hiredis/hiredis.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/client/outcome.h"
#include "harness/client/task.h"

namespace harness {

struct ReplyDeleter {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
using ReplyPtr = std::unique_ptr<redisReply, ReplyDeleter>;

using SteadyTime = std::chrono::steady_clock::time_point;

/// A command in RESP. (hiredis can format one too, into a heap string of its own; this appends to a reused
/// buffer.)
void append_command(std::string& out, std::span<const std::string_view> arguments);

class Wire;

/// Ends the waiting of wires whose deadline has passed. One for all wires of a thread: its coroutine looks
/// every few milliseconds, which is cheaper than a timer for each request.
class DeadlineWatch {
 public:
  explicit DeadlineWatch(boost::asio::io_context& context) : context_(context) {}
  /// Runs until the io_context stops.
  Task<void> watch();

 private:
  friend class Wire;
  boost::asio::io_context& context_;
  std::vector<Wire*> wires_;
};

struct WireReply {
  ReplyPtr reply;  // null on failure
  WireFailure failure = WireFailure::kNone;
};

class Wire {
 public:
  Wire(boost::asio::io_context& context, DeadlineWatch& watch, boost::asio::ip::tcp::endpoint address);
  ~Wire();
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  bool connected() const { return connected_; }
  const boost::asio::ip::tcp::endpoint& address() const { return address_; }
  Task<WireFailure> connect(SteadyTime deadline);
  /// Sends the bytes of one or more commands and returns the last of `replies` replies; those before it go to
  /// `earlier`, when it is given. After a failure the wire is closed: a late answer must never be taken for
  /// another request's.
  Task<WireReply> request(std::string_view bytes, int replies, SteadyTime deadline,
                          std::vector<ReplyPtr>* earlier = nullptr);
  /// Sends the bytes and waits for nothing: what comes is taken by next_push().
  Task<WireFailure> post(std::string_view bytes, SteadyTime deadline);
  /// The next message of a server that sends unasked: of a subscription. A timeout closes the wire, too.
  Task<WireReply> next_push(SteadyTime deadline);
  void close();

 private:
  friend class DeadlineWatch;
  struct ReaderDeleter {
    void operator()(redisReader* reader) const { redisReaderFree(reader); }
  };
  Task<WireFailure> send(std::string_view bytes);
  Task<WireReply> receive();
  WireFailure broken(WireFailure otherwise);

  boost::asio::ip::tcp::socket socket_;
  boost::asio::ip::tcp::endpoint address_;
  DeadlineWatch& watch_;
  std::unique_ptr<redisReader, ReaderDeleter> reader_;
  SteadyTime deadline_ = SteadyTime::max();
  bool connected_ = false;
  bool expired_ = false;
};

}  // namespace harness

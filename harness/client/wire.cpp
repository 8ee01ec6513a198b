#include "harness/client/wire.h"

#include <algorithm>
#include <array>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace harness {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::chrono::milliseconds kWatchInterval(5);

}  // namespace

void append_command(std::string& out, std::span<const std::string_view> arguments) {
  out += '*';
  out += std::to_string(arguments.size());
  out += "\r\n";
  for (const std::string_view argument : arguments) {
    out += '$';
    out += std::to_string(argument.size());
    out += "\r\n";
    out += argument;
    out += "\r\n";
  }
}

Task<void> DeadlineWatch::watch() {
  asio::steady_timer timer(context_);
  for (;;) {
    timer.expires_after(kWatchInterval);
    error_code error;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return;
    const SteadyTime now = std::chrono::steady_clock::now();
    for (Wire* wire : wires_) {
      if (wire->deadline_ > now) continue;
      wire->expired_ = true;
      wire->deadline_ = SteadyTime::max();
      error_code ignored;  // closing a socket that is broken already: nothing to add
      wire->socket_.close(ignored);
    }
  }
}

Wire::Wire(asio::io_context& context, DeadlineWatch& watch, asio::ip::tcp::endpoint address)
    : socket_(context), address_(std::move(address)), watch_(watch) {
  watch_.wires_.push_back(this);
}

Wire::~Wire() {
  std::erase(watch_.wires_, this);
}

void Wire::close() {
  error_code ignored;
  socket_.close(ignored);
  connected_ = false;
  deadline_ = SteadyTime::max();
}

/// Closes the wire and says why it broke.
WireFailure Wire::broken(WireFailure otherwise) {
  const bool expired = expired_;
  close();
  return expired ? WireFailure::kTimeout : otherwise;
}

Task<WireFailure> Wire::connect(SteadyTime deadline) {
  close();
  expired_ = false;
  deadline_ = deadline;
  error_code error;
  co_await socket_.async_connect(address_, asio::redirect_error(asio::use_awaitable, error));
  if (!error) {
    deadline_ = SteadyTime::max();
    socket_.set_option(asio::ip::tcp::no_delay(true), error);
    if (!error) socket_.non_blocking(true, error);
  }
  if (error)  // nothing was sent, whoever closed the socket
    co_return broken(WireFailure::kRefused) == WireFailure::kTimeout ? WireFailure::kConnectTimeout
                                                                     : WireFailure::kRefused;
  reader_.reset(redisReaderCreate());
  connected_ = true;
  co_return WireFailure::kNone;
}

Task<WireFailure> Wire::send(std::string_view bytes) {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    error_code error;
    sent += socket_.write_some(asio::buffer(bytes.substr(sent)), error);
    if (error == asio::error::would_block) {
      co_await socket_.async_wait(asio::ip::tcp::socket::wait_write,
                                  asio::redirect_error(asio::use_awaitable, error));
    }
    if (error) co_return sent == 0 && !expired_ ? WireFailure::kNotSent : broken(WireFailure::kClosed);
  }
  co_return WireFailure::kNone;
}

Task<WireReply> Wire::receive() {
  std::array<char, 16384> buffer;
  for (;;) {
    void* reply = nullptr;
    if (redisReaderGetReply(reader_.get(), &reply) != REDIS_OK)
      co_return WireReply{nullptr, broken(WireFailure::kProtocol)};
    if (reply) co_return WireReply{ReplyPtr(static_cast<redisReply*>(reply)), WireFailure::kNone};
    error_code error;
    co_await socket_.async_wait(asio::ip::tcp::socket::wait_read,
                                asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return WireReply{nullptr, broken(WireFailure::kClosed)};
    const std::size_t size = socket_.read_some(asio::buffer(buffer), error);
    if (error == asio::error::would_block) continue;
    if (error || size == 0) co_return WireReply{nullptr, broken(WireFailure::kClosed)};
    redisReaderFeed(reader_.get(), buffer.data(), size);
  }
}

Task<WireFailure> Wire::post(std::string_view bytes, SteadyTime deadline) {
  expired_ = false;
  deadline_ = deadline;
  const WireFailure failure = co_await send(bytes);
  if (failure == WireFailure::kNone)
    deadline_ = SteadyTime::max();
  else
    close();
  co_return failure;
}

Task<WireReply> Wire::next_push(SteadyTime deadline) {
  expired_ = false;
  deadline_ = deadline;
  WireReply push = co_await receive();
  if (push.failure == WireFailure::kNone) deadline_ = SteadyTime::max();
  co_return push;
}

Task<WireReply> Wire::request(std::string_view bytes, int replies, SteadyTime deadline,
                              std::vector<ReplyPtr>* earlier) {
  expired_ = false;
  deadline_ = deadline;
  const WireFailure failure = co_await send(bytes);
  if (failure != WireFailure::kNone) {
    close();
    co_return WireReply{nullptr, failure};
  }
  WireReply last;
  for (int i = 0; i < replies; ++i) {
    if (earlier && last.reply) earlier->push_back(std::move(last.reply));
    last = co_await receive();
    if (last.failure != WireFailure::kNone) co_return last;
  }
  deadline_ = SteadyTime::max();
  // More than was asked for: which reply belongs to which request is not known any more.
  if (reader_->pos < reader_->len) co_return WireReply{nullptr, broken(WireFailure::kProtocol)};
  co_return last;
}

}  // namespace harness

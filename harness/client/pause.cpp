#include "harness/client/pause.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace harness {

Task<void> pause_until(boost::asio::io_context& context, SteadyTime time) {
  boost::asio::steady_timer timer(context, time);
  boost::system::error_code ignored;  // of a cancelled wait
  co_await timer.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
}

Task<void> pause_for(boost::asio::io_context& context, std::chrono::microseconds time) {
  return pause_until(context, std::chrono::steady_clock::now() + time);
}

}  // namespace harness

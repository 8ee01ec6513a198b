// Waiting in a coroutine, while the other logical processes of the thread go on.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>

#include "harness/client/task.h"
#include "harness/client/wire.h"

namespace harness {

/// Until that time. One that is cancelled is shorter.
Task<void> pause_until(boost::asio::io_context& context, SteadyTime time);
/// So long from now on. One that is cancelled is shorter.
Task<void> pause_for(boost::asio::io_context& context, std::chrono::microseconds time);

}  // namespace harness

// What a workload's coroutines return: Boost.Asio's awaitable. Many logical processes share one thread, each
// waiting on its own reply.
#pragma once

#include <boost/asio/awaitable.hpp>

namespace harness {

template <typename T>
using Task = boost::asio::awaitable<T>;

}  // namespace harness

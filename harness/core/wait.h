// Waiting on conditions: nothing in the harness sleeps blindly.
#pragma once

#include <chrono>
#include <string_view>
#include <thread>

#include "harness/core/check.h"

namespace harness {

/// Polls until the predicate holds; false when it did not within the timeout.
template <typename Predicate>
[[nodiscard]] bool wait_for(std::chrono::milliseconds timeout, Predicate predicate,
                            std::chrono::milliseconds interval = std::chrono::milliseconds(5)) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (!predicate()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(interval);
  }
  return true;
}

/// The same, but the end of the patience is an EnvironmentError that names what was waited for.
template <typename Predicate>
void wait_until(std::string_view what, std::chrono::milliseconds timeout, Predicate predicate,
                std::chrono::milliseconds interval = std::chrono::milliseconds(5)) {
  if (!wait_for(timeout, predicate, interval))
    throw EnvironmentError("waited " + std::to_string(timeout.count()) + " ms in vain for " +
                           std::string(what));
}

}  // namespace harness

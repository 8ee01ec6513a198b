#include "harness/run/left_behind.h"

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "harness/run/interrupt.h"

namespace harness {
namespace {

std::atomic<bool> work_left_behind = false;

/// Interrupts are noted while it lives, and do afterwards what they did before.
class CaughtInterrupts {
 public:
  CaughtInterrupts() {
    for (std::size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], nullptr, &before_[i]);
    catch_interrupts();
  }
  ~CaughtInterrupts() {
    for (std::size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &before_[i], nullptr);
  }
  CaughtInterrupts(const CaughtInterrupts&) = delete;
  CaughtInterrupts& operator=(const CaughtInterrupts&) = delete;

 private:
  static constexpr std::array kSignals = {SIGINT, SIGTERM, SIGHUP};
  std::array<struct sigaction, kSignals.size()> before_;
};

}  // namespace

bool done_uninterrupted(std::function<void()> work) {
  struct End {
    std::mutex mutex;
    std::condition_variable changed;
    bool done = false;
    std::exception_ptr failure;
  };
  constexpr std::chrono::milliseconds kLook(50);  // a handler can wake nobody
  const auto outcome = std::make_shared<End>();
  const CaughtInterrupts caught;
  std::thread([outcome, work = std::move(work)] {
    std::exception_ptr failure;
    try {
      work();
    } catch (...) {
      failure = std::current_exception();
    }
    const std::lock_guard lock(outcome->mutex);
    outcome->failure = failure;
    outcome->done = true;
    outcome->changed.notify_all();
  }).detach();
  std::unique_lock lock(outcome->mutex);
  while (!outcome->done && interrupted_by() == 0) outcome->changed.wait_for(lock, kLook);
  if (!outcome->done) work_left_behind = true;
  if (outcome->failure) std::rethrow_exception(outcome->failure);
  return outcome->done;
}

int end_process(int code) {
  if (!work_left_behind) return code;
  std::cout.flush();
  std::cerr.flush();
  std::fflush(nullptr);
  std::_Exit(code);  // no destructor takes away what that work still uses
}

}  // namespace harness

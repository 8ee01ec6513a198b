#include "harness/run/beside.h"

#include <atomic>
#include <chrono>
#include <exception>
#include <thread>

namespace harness {

void do_beside(const std::function<void()>& work, const std::function<void()>& look) {
  constexpr std::chrono::milliseconds kLook(20);
  std::exception_ptr failure;
  std::atomic<bool> over{false};
  std::jthread worker([&] {
    try {
      work();
    } catch (...) {
      failure = std::current_exception();
    }
    over = true;
  });
  while (!over) {
    look();
    std::this_thread::sleep_for(kLook);  // the pace of looking, nothing waits for it
  }
  worker.join();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace harness

// The thread that starts children. PR_SET_PDEATHSIG fires when the *thread* that forked ends, not only when
// its process does, so all children are started by one thread that lives as long as any of them.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <thread>

namespace harness {

class Spawner {
 public:
  /// The one in use, or a new one. It ends with the last child that holds it, so that a process without
  /// children has no thread on their account (run_in_sandbox wants none).
  static std::shared_ptr<Spawner> shared();

  Spawner();
  ~Spawner();
  Spawner(const Spawner&) = delete;
  Spawner& operator=(const Spawner&) = delete;

  /// Runs the job on the thread and waits for it; what it throws is thrown here.
  void run(const std::function<void()>& job);

 private:
  void serve();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::packaged_task<void()>> jobs_;  // guarded by mutex_
  bool ending_ = false;                          // guarded by mutex_
  std::thread thread_;
};

}  // namespace harness

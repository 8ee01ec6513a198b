#include "harness/sandbox/spawner.h"

namespace harness {

std::shared_ptr<Spawner> Spawner::shared() {
  static std::mutex mutex;
  static std::weak_ptr<Spawner> current;  // guarded by mutex
  const std::lock_guard lock(mutex);
  auto spawner = current.lock();
  if (!spawner) current = spawner = std::make_shared<Spawner>();
  return spawner;
}

Spawner::Spawner() : thread_([this] { serve(); }) {}

Spawner::~Spawner() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void Spawner::run(const std::function<void()>& job) {
  std::packaged_task<void()> task(job);
  auto done = task.get_future();
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(task));
  }
  changed_.notify_one();
  done.get();
}

void Spawner::serve() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return ending_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    auto job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job();
    lock.lock();
  }
}

}  // namespace harness

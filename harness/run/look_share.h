// Looks at the cluster that several steps share: whoever asks gets one that began after he asked, and those
// that ask at about one time get the same.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>

#include "harness/cluster/cluster.h"

namespace harness {

class LookShare {
 public:
  explicit LookShare(Cluster& cluster) : cluster_(cluster) {}

  Roles fresh() {
    std::unique_lock lock(mutex_);
    const std::uint64_t wanted = begun_ + 1;
    finished_.wait(lock, [&] { return done_ >= wanted || !busy_; });
    if (done_ >= wanted) return *last_;
    busy_ = true;
    const std::uint64_t mine = ++begun_;
    lock.unlock();
    Roles roles = cluster_.look();
    lock.lock();
    last_ = std::move(roles);
    done_ = mine;
    busy_ = false;
    finished_.notify_all();
    return *last_;
  }

 private:
  Cluster& cluster_;
  std::mutex mutex_;  // guards all below
  std::condition_variable finished_;
  std::uint64_t begun_ = 0;
  std::uint64_t done_ = 0;
  bool busy_ = false;
  std::optional<Roles> last_;
};

}  // namespace harness

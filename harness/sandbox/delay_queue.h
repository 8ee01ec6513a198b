// Frames that wait until their time has come. Of the same time, the first in is the first out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "harness/core/time.h"

namespace harness {

class DelayQueue {
 public:
  struct Frame {
    Nanos release = 0;
    std::uint64_t order = 0;
    std::uint64_t link = 0;  // the caller's name of the link
    std::vector<unsigned char> bytes;
  };

  explicit DelayQueue(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  /// A copy of the bytes, to be changed by the caller until the next call; null when there is no room.
  Frame* push(Nanos release, std::uint64_t link, std::span<const unsigned char> bytes);
  /// When the next frame is due; kNever: none waits.
  Nanos next() const { return heap_.empty() ? kNever : heap_.front().release; }
  /// Up to `most` frames that are due, in order of their time.
  std::vector<Frame> take_due(Nanos now, std::size_t most);
  /// Gives the room of frames back, for those to come.
  void recycle(std::vector<Frame> frames);
  /// Makes the frames of these links due at once, in the order in which they came.
  void release_now(const std::function<bool(std::uint64_t link)>& of_these, Nanos now);
  std::size_t size() const { return heap_.size(); }

 private:
  static bool later(const Frame& a, const Frame& b) {
    return a.release != b.release ? a.release > b.release : a.order > b.order;
  }

  const std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  std::uint64_t order_ = 0;
  std::vector<Frame> heap_;
  std::vector<std::vector<unsigned char>> spare_;
};

}  // namespace harness

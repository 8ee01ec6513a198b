#include "harness/sandbox/delay_queue.h"

#include <algorithm>

namespace harness {
namespace {

constexpr std::size_t kSpareMax = 4096;  // buffers kept for frames to come

}  // namespace

DelayQueue::Frame* DelayQueue::push(Nanos release, std::uint64_t link, std::span<const unsigned char> bytes) {
  if (bytes_ + bytes.size() > bytes_max_) return nullptr;
  Frame frame{release, order_++, link, {}};
  if (!spare_.empty()) {
    frame.bytes = std::move(spare_.back());
    spare_.pop_back();
  }
  frame.bytes.assign(bytes.begin(), bytes.end());
  bytes_ += bytes.size();
  const std::uint64_t mine = frame.order;
  heap_.push_back(std::move(frame));
  std::push_heap(heap_.begin(), heap_.end(), later);
  // Where the heap has put it: on the way from its last place to the first.
  for (std::size_t at = heap_.size() - 1;; at = (at - 1) / 2)
    if (heap_[at].order == mine) return &heap_[at];
}

std::vector<DelayQueue::Frame> DelayQueue::take_due(Nanos now, std::size_t most) {
  std::vector<Frame> due;
  while (due.size() < most && next() <= now && !heap_.empty()) {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    due.push_back(std::move(heap_.back()));
    heap_.pop_back();
    bytes_ -= due.back().bytes.size();
  }
  return due;
}

void DelayQueue::recycle(std::vector<Frame> frames) {
  for (Frame& frame : frames)
    if (spare_.size() < kSpareMax) spare_.push_back(std::move(frame.bytes));
}

void DelayQueue::release_now(const std::function<bool(std::uint64_t)>& of_these, Nanos now) {
  for (Frame& frame : heap_)
    if (of_these(frame.link)) frame.release = std::min(frame.release, now);
  std::make_heap(heap_.begin(), heap_.end(), later);
}

}  // namespace harness

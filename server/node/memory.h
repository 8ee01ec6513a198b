/// What the process uses of memory, as the allocator tells it.
#pragma once

#include <algorithm>

#include "server/engine/ports.h"

namespace node {

class Node;

class Memory final : public MemoryPort {
 public:
  explicit Memory(const Node& node) : node_(node) {}

  std::size_t used() const override;
  std::size_t for_data() const override {
    const std::size_t all = used();
    return all - std::min(all, uncounted_);
  }
  void freed(std::size_t bytes) override { used_ -= std::min(bytes, used_); }

  /// What waits to be sent to replicas, beyond the backlog, and to be written to the append-only file.
  std::size_t not_counted() const;
  static std::size_t resident();

  void note_start() { at_start_ = used(); }
  std::size_t at_start() const { return at_start_; }
  void note_peak() { peak_ = std::max(peak_, used()); }
  std::size_t peak() const { return std::max(peak_, used()); }
  void reset_peak() { peak_ = 0; }

 private:
  const Node& node_;
  std::size_t at_start_ = 0, peak_ = 0;
  mutable std::size_t used_ = 0, uncounted_ = 0;  ///< of the same moment
  mutable std::int64_t asked_us_ = 0, cost_us_ = 0;
};

}  // namespace node

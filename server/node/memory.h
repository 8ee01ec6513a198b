/// What the process uses of memory, as the allocator tells it, and what of it goes back to the system.
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
  MemoryReport report() const override;
  void give_back() override;

  /// What waits to be sent to replicas, beyond the backlog, and to be written to the append-only file.
  std::size_t not_counted() const;
  static std::size_t resident();

  void note_start() { at_start_ = used(); }
  /// A tick of the clock: notes the peak and now and then gives back what was freed.
  void tend();
  /// Of all that was ever asked or noted: it falls by CONFIG RESETSTAT alone.
  std::size_t peak() const { return peak_ = std::max(peak_, used()); }
  void reset_peak() { peak_ = 0; }

 private:
  const Node& node_;
  std::size_t at_start_ = 0;
  std::size_t kept_ = 0;  ///< free pages that the last attempt to give back left
  std::int64_t tended_ms_ = 0;
  mutable std::size_t peak_ = 0;
  mutable std::size_t used_ = 0, uncounted_ = 0;  ///< of the same moment
  mutable std::int64_t asked_us_ = 0, cost_us_ = 0;
};

}  // namespace node

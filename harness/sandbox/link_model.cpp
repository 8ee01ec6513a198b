#include "harness/sandbox/link_model.h"

#include <algorithm>

namespace harness {

// Gilbert-Elliott: a good state that loses nothing and a bad one that loses everything. The chances to change
// give the rule's mean loss and mean length of a burst.
bool LinkModel::loses() {
  if (rule_.loss <= 0) return false;
  if (rule_.loss >= 1 || rule_.loss_burst <= 1) return prng_.chance(rule_.loss);
  const double leave = 1 / rule_.loss_burst;
  const double enter = std::min(1.0, leave * rule_.loss / (1 - rule_.loss));
  in_burst_ = in_burst_ ? !prng_.chance(leave) : prng_.chance(enter);
  return in_burst_;
}

Nanos LinkModel::jitter() {
  if (rule_.jitter == 0) return 0;
  const double fresh = 2 * prng_.unit() - 1;
  last_jitter_ = rule_.jitter_correlation * last_jitter_ + (1 - rule_.jitter_correlation) * fresh;
  return static_cast<Nanos>(last_jitter_ * static_cast<double>(rule_.jitter));
}

Nanos LinkModel::after_rate(Nanos now, std::size_t bytes) {
  if (rule_.bits_per_second <= 0) return now;
  const double nanos_per_byte = 8.0 * static_cast<double>(kSecond) / rule_.bits_per_second;
  const Nanos begin = std::max(now, rate_free_);
  if (static_cast<double>(begin - now) > nanos_per_byte * static_cast<double>(rule_.backlog_bytes))
    return kNever;
  rate_free_ = begin + static_cast<Nanos>(nanos_per_byte * static_cast<double>(bytes));
  return rate_free_;
}

LinkModel::Fate LinkModel::admit(Nanos now, std::size_t bytes, WireCounts& counts) {
  ++counts.frames;
  Fate fate;
  fate.copies = 0;
  if (loses()) {
    ++counts.lost;
    return fate;
  }
  const Nanos passed = after_rate(now, bytes);
  if (passed == kNever) {
    ++counts.overflowed;
    return fate;
  }
  fate.copies = 1;
  // Frames of a link keep their order, whatever the jitter, unless the rule asks for disorder.
  fate.release = std::max(passed + std::max<Nanos>(0, rule_.delay + jitter()), last_release_);
  last_release_ = fate.release;
  if (prng_.chance(rule_.reorder)) {
    fate.release += rule_.reorder_by;
    ++counts.reordered;
  }
  if (fate.release > now) ++counts.delayed;
  if (prng_.chance(rule_.duplicate)) {
    fate.copies = 2;
    ++counts.duplicated;
  }
  if (prng_.chance(rule_.corrupt)) {
    fate.corrupted = true;
    fate.random = prng_.next();
    ++counts.corrupted;
  }
  return fate;
}

}  // namespace harness

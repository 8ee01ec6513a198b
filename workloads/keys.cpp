#include "workloads/keys.h"

#include <algorithm>

#include "harness/core/check.h"

namespace harness {
namespace {

bool holds(const SlotRanges& ranges, int slot) {
  return std::ranges::any_of(ranges, [&](const SlotRange& range) { return range.contains(slot); });
}

}  // namespace

KeySet::KeySet(const WorkloadSetup& setup, std::string_view prefix)
    : hot_(static_cast<std::size_t>(std::clamp(setup.options.hot_keys, 0, setup.options.keys))),
      hot_share_(setup.options.hot_share) {
  std::uint64_t suffix = 0;
  for (int i = 0; i < setup.options.keys; ++i) {
    // Every shard gets its turn, so that each holds keys however few there are.
    const auto shard = static_cast<std::size_t>(i) % std::max<std::size_t>(setup.shards.size(), 1);
    CHECK_THAT_HOLDS(setup.shards.empty() || !setup.shards[shard].empty(),
                     "a shard without slots has no key");
    std::string text;
    do {
      text = std::string(prefix) + std::to_string(suffix++);
    } while (!setup.shards.empty() && !holds(setup.shards[shard], slot_of(text)));
    numbers_.push_back(setup.recorder.key(text));
    index_[numbers_.back()] = texts_.size();
    texts_.push_back(std::move(text));
  }
}

std::size_t KeySet::draw(Prng& prng) const {
  if (hot_ == 0 || hot_ == texts_.size()) return prng.below(texts_.size());
  if (prng.chance(hot_share_)) return prng.below(hot_);
  return hot_ + prng.below(texts_.size() - hot_);
}

}  // namespace harness

#include "checkers/promises/looks.h"

#include <algorithm>

namespace harness {

Looks::Looks(const RunRecord& run) : stamps_(run.nodes.size()) {
  const auto add = [&](int node, Nanos time) {
    if (node >= 0 && static_cast<std::size_t>(node) < stamps_.size())
      stamps_[static_cast<std::size_t>(node)].push_back(time);
  };
  for (const View& view : run.views) {
    add(view.node, view.begin);
    add(view.node, view.end);
  }
  for (const OffsetSample& sample : run.offsets) add(sample.node, sample.time);
  for (std::vector<Nanos>& stamps : stamps_) {
    std::ranges::sort(stamps);
    stamps.erase(std::unique(stamps.begin(), stamps.end()), stamps.end());
  }
}

Nanos Looks::sent_after(int node, Nanos time) const {
  const std::vector<Nanos>& stamps = stamps_[static_cast<std::size_t>(node)];
  const auto first = std::ranges::lower_bound(stamps, time);
  return stamps.end() - first < 2 ? kNever : *(first + 1);
}

Nanos Looks::before(int node, Nanos time) const {
  const std::vector<Nanos>& stamps = stamps_[static_cast<std::size_t>(node)];
  const auto first = std::ranges::lower_bound(stamps, time);
  return first == stamps.begin() ? -1 : *(first - 1);
}

}  // namespace harness

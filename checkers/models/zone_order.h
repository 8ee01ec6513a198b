// The test of zones.h over the clusters of one key, without a witness: whether there is one.
#pragma once

#include <algorithm>
#include <vector>

#include "harness/core/time.h"

namespace harness {

struct ClusterSpan {
  Nanos first_return;  // F
  Nanos last_invoked;  // S
};

/// By insertion while that is cheap: writes return nearly in the order in which they were invoked.
template <typename T, typename Less>
void sort_nearly_sorted(std::vector<T>& items, Less less) {
  std::size_t moves_left = 32 * items.size();
  for (std::size_t i = 1; i < items.size(); ++i) {
    const T item = items[i];
    std::size_t at = i;
    for (; at > 0 && less(item, items[at - 1]) && moves_left > 0; --at, --moves_left)
      items[at] = items[at - 1];
    items[at] = item;
    if (moves_left == 0) return std::sort(items.begin(), items.end(), less);
  }
}

/// Whether no two clusters have F_A < S_B and F_B < S_A. `first_value_read`: S of the cluster of the first
/// value, whose F is before all time. Sorts the clusters by F: with A the one so far of greatest S, the next
/// one, B, is in conflict with an earlier one iff it is with A. For if it is with another A' and not with A,
/// then F_A >= S_B > F_A' and S_A' > F_B >= F_A, so A and A' were in conflict already.
inline bool in_order(std::vector<ClusterSpan>& clusters, Nanos first_value_read) {
  if (clusters.empty()) return true;
  sort_nearly_sorted(
      clusters, [](const ClusterSpan& a, const ClusterSpan& b) { return a.first_return < b.first_return; });
  if (clusters.front().first_return < first_value_read) return false;
  const ClusterSpan* a = &clusters.front();
  for (const ClusterSpan& b : clusters) {
    if (&b != a && a->first_return < b.last_invoked && b.first_return < a->last_invoked) return false;
    if (b.last_invoked > a->last_invoked) a = &b;
  }
  return true;
}

}  // namespace harness

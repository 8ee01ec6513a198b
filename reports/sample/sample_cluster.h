// The cluster of the sample: who was what at each time of its script, and what an observer saw of it.
#pragma once

#include <string>
#include <vector>

#include "harness/core/run_record.h"

namespace harness::sample {

inline constexpr Nanos kEnd = 30 * kSecond;
constexpr Nanos at_ms(double ms) {
  return static_cast<Nanos>(ms * static_cast<double>(kMillisecond));
}

// The run's script. n3 is lost to a segfault and replaced by n6; n2 is cut off and replaced by n5.
inline constexpr Nanos kCrash = at_ms(6'012.4), kPromote6 = at_ms(7'931), kRestart3 = at_ms(13'050);
inline constexpr Nanos kCut = at_ms(18'004), kPromote5 = at_ms(20'402), kHeal = at_ms(23'006);
inline constexpr Nanos kDemote2 = at_ms(23'318), kRefuse2 = at_ms(20'260);

std::string node_id(int node);
bool alive(int node, Nanos t);
bool cut_off(int node, Nanos t);
/// The master of a shard as the majority would say.
int master_of(int shard, Nanos t);

std::vector<NodeInfo> make_nodes();
/// Every node's views, from ten looks a second.
std::vector<View> observe(const std::vector<NodeInfo>& nodes);

}  // namespace harness::sample

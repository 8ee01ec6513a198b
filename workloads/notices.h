// Clients write keys, others ask to be told of that: by keyspace events, by CLIENT TRACKING of what they
// read, or by tracking of a prefix (BCAST). Each stays at the node that serves the keys. Reveals notices that
// never come: a client that keeps what it read in a cache of its own goes on with an old value for ever.
//
// In the history (key: a family of keys, "notices:f3"; its keys are "{notices:f3}.0", "{notices:f3}.1", ...):
//   publish  number of a key -> ok the same: it was written
//   receive  [how, how long it waits in ms] -> ok [subscription, [numbers of keys that it was told of]], as
//   of pubsub. How:
//            "events", "tracking", "prefix".
#pragma once

#include <memory>
#include <span>

#include "harness/run/workload.h"

namespace harness {

std::span<const Parameter> notices_options();
std::unique_ptr<Workload> make_notices_workload(const WorkloadSetup& setup);

}  // namespace harness

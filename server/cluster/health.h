// cluster_state: whether this node may serve at all.
#pragma once

#include "server/cluster/context.h"

namespace node::cluster::health {

/// Recomputes the number of masters with slots and the state: fail while the majority of them is out of
/// reach, or (cluster-require-full-coverage) a slot has no working owner. A master is slow to believe in
/// "ok": 2 s after boot, and node timeout (0.5 to 5 s) after it was in a minority, so that it hears what was
/// decided without it.
void update(Context& c);

}  // namespace node::cluster::health

// Replica migration: a replica of the best covered master moves to a master that lost all of its own.
#pragma once

#include "server/cluster/context.h"

namespace node::cluster::migration {

/// At each tick, on a replica.
void advance(Context& c);

}  // namespace node::cluster::migration

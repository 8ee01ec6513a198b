// What nodes tell of each other on the cluster bus, against what they say of them themselves.
#pragma once

#include "checkers/promises/analysis.h"
#include "harness/core/verdict.h"

namespace harness {

/// A node passes on the flags that it has of another node. Who tells others, again and again, that a node
/// fails, and lists it as well at the looks before and after, tells them what it does not believe itself.
/// Judged where every byte of the bus was read and nothing happened.
void check_bus_gossip(const Analysis& analysis, CheckResult& result);

}  // namespace harness

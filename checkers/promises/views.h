// "views": in the end CLUSTER NODES, SLOTS, SHARDS and INFO agree with each other at every node, and between
// the nodes (rows 13, 14, 16, 17, 22).
#pragma once

#include "checkers/common/checker.h"

namespace harness {

/// What a make's documentation or source says of its views is no violation, and a disagreement that a make is
/// known for is told as allowed with its source, unless the plan asks for this checker by name: views.cpp has
/// the profile. unknown: a cluster that did not settle although
/// no node was left dead on purpose, a node that could not be asked or was still changing
/// its mind. Not applicable to stores that have no such views.
CheckResult check_views(const Analysis& analysis, const CheckOptions& options);

}  // namespace harness

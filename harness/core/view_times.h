// The views of a run by node and by time: what a node showed at a moment.
#pragma once

#include <vector>

#include "harness/core/run_record.h"

namespace harness {

/// The views of one node, in order of their begin. The record must outlive them.
using NodeViews = std::vector<const View*>;

/// Each node's views. Index: node.
std::vector<NodeViews> views_by_node(const RunRecord& run);
/// The last of the views that begins at or before `time` (also when it ended earlier), or null.
const View* view_at(const NodeViews& views, Nanos time);
/// The last that begins at or before `time` and was answered, or null.
const View* answer_at(const NodeViews& views, Nanos time);
/// The first that begins at or after `time` and was answered, or null.
const View* answer_from(const NodeViews& views, Nanos time);

}  // namespace harness

// Clients append entries to streams (XADD), and consumers of a group take new ones (XREADGROUP), acknowledge
// them (XACK) and take over what others left (XAUTOCLAIM). In the end everything is delivered and read.
// Reveals entries that are lost, delivered as new twice, out of order, or again after they were acknowledged.
// A consumer is made by XGROUP CREATECONSUMER before it takes something (redis#14963 has its own scenario).
//
// In the history (key: "{stream:s1}.4"; each stream takes `entries` entries, then another takes its place):
//   enqueue  element -> ok [element, id]
//   read     nil -> ok [elements], by XRANGE
//   dequeue  nil, or how long the server may block in ms -> ok the element of the next new entry, nil: none
//   reclaim  nil -> ok the element of an entry that another consumer had not acknowledged, nil: none
//   ack      nil -> ok the element that this process had taken first of those it holds; fail without an
//   error:
//            it holds none, or (result: the element) it was not pending any more
#pragma once

#include <memory>
#include <span>

#include "harness/run/workload.h"

namespace harness {

std::span<const Parameter> stream_options();
std::unique_ptr<Workload> make_stream_workload(const WorkloadSetup& setup);

}  // namespace harness

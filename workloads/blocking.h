// Several clients wait for elements of lists at the same time, by BLPOP, BRPOP or BLMOVE with time-outs,
// while others push; others wait for entries of streams, by XREAD BLOCK. In the end the lists are drained and
// the streams read. Reveals elements that are lost, given out twice or out of order, and clients that are
// never answered.
//
// In the history (key: the list's name, "blocking:b1"):
//   enqueue  element -> ok [element, length of the list after it]
//   dequeue  how long the server may block, in ms; nil: not at all -> ok the element, nil: none came
// Of a stream ("{blocking:s1}.0"; it takes `entries` entries, then another takes its place):
//   add      element -> ok the element
//   read     how long the server may block, in ms; nil: not at all -> ok [elements] as soon as there is one;
//   []
#pragma once

#include <memory>
#include <span>

#include "harness/run/workload.h"

namespace harness {

std::span<const Parameter> blocking_options();
std::unique_ptr<Workload> make_blocking_workload(const WorkloadSetup& setup);

}  // namespace harness

// Clients put unique elements into queues and take them out: by LPUSH and RPOP or BRPOP, in every second
// queue by RPUSH and LPOP or BLPOP, some through a list of what is being processed (LMOVE, then LREM). In the
// end the queues are drained.
// Reveals elements that are lost, delivered twice, or out of order.
//
// In the history (key: the queue's name, "queue:q1"):
//   enqueue  element -> ok [element, length of the queue after it, as the server told it]
//   dequeue  nil -> ok the element, nil when the queue was empty (or stayed so until BRPOP's time was up)
// A dequeue through the list of what is processed is ok once LMOVE was answered, whatever becomes of LREM:
// the element has left the queue. Elements are integers, unique in the load.
#pragma once

#include <memory>
#include <span>

#include "harness/run/workload.h"

namespace harness {

std::span<const Parameter> queue_options();
std::unique_ptr<Workload> make_queue_workload(const WorkloadSetup& setup);

}  // namespace harness

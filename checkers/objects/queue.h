// A queue, first in, first out: enqueue an element, dequeue one, or nil where there is none. Whoever got an
// element has it: that its removal was lost shows as a second delivery.
#pragma once

#include <memory>

#include "checkers/objects/object.h"

namespace harness {

std::unique_ptr<Object> make_queue_object(const History& history);
/// As a queue, what a consumer group of a stream is given as new.
std::unique_ptr<Object> make_stream_group_object(const History& history);
/// Elements [element, rank] of which a dequeue takes the one of the lowest rank.
std::unique_ptr<Object> make_priority_queue_object(const History& history);

}  // namespace harness

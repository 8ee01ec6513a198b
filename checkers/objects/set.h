// A set that grows: add an element, read the whole set. Elements are unique. Where some operation of the
// history removes elements, each comes once and goes once instead.
#pragma once

#include <memory>

#include "checkers/objects/object.h"

namespace harness {

std::unique_ptr<Object> make_set_object(const History& history);
/// The entries of a stream: enqueue an element, read all in their order. What a group was given is a queue.
std::unique_ptr<Object> make_entries_object(const History& history);
/// The same by other functions, beside a queue in one load: add an element, read all in their order.
std::unique_ptr<Object> make_awaited_entries_object(const History& history);

}  // namespace harness

// A counter: each increment answers the new count, so that counts are tokens: the count n is there when the
// steps up to n are. Amounts must be at least 1; a counter with others is not judged here.
#pragma once

#include <memory>

#include "checkers/objects/object.h"

namespace harness {

std::unique_ptr<Object> make_counter_object(const History& history);

}  // namespace harness

// A set that grows: add an element, read the whole set. Elements are unique.
#pragma once

#include <memory>

#include "checkers/objects/object.h"

namespace harness {

std::unique_ptr<Object> make_set_object(const History& history);

}  // namespace harness

// Keys that are written once, [value, time to live in ms], or [value] that stays; and read. That a key is
// absent tells something only while it cannot have expired.
#pragma once

#include <memory>

#include "checkers/objects/object.h"

namespace harness {

std::unique_ptr<Object> make_expiry_object(const History& history);

}  // namespace harness

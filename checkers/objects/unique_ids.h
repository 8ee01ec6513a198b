// A generator of identifiers that counts: each call answers the next number. An identifier may be given twice
// only when the first time lies in a loss window, as a counter's step.
#pragma once

#include <memory>

#include "checkers/objects/object.h"

namespace harness {

std::unique_ptr<Object> make_unique_ids_object(const History& history);

}  // namespace harness

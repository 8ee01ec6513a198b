// A lock with fencing tokens: each grant answers the next token, so that tokens are counts. Who holds it, and
// until when, is judged apart (promises/load_rules.h).
#pragma once

#include <memory>

#include "checkers/objects/object.h"

namespace harness {

std::unique_ptr<Object> make_lock_object(const History& history);

}  // namespace harness

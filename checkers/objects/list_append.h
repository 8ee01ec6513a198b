// Transactions of appends and reads on lists whose keys share a slot: ["append", k, v], ["r", k, [v, ...]].
// Elements are unique within their list. An instance is a slot's lists together, since a transaction is in
// the stream whole or not at all.
#pragma once

#include <memory>

#include "checkers/objects/object.h"

namespace harness {

std::unique_ptr<Object> make_list_append_object(const History& history);

}  // namespace harness

// A register: read, write and compare-and-set, each value written at most once per key. A failed
// compare-and-set that says which value it saw is a read of that value.
#pragma once

#include <memory>

#include "checkers/objects/object.h"
#include "checkers/objects/span_zones.h"

namespace harness {

std::unique_ptr<Object> make_register_object(const History& history);

bool is_register_function(Function function);

/// A sentence for a conflict of zones.
std::string conflict_text(const History& history, const ZoneConflict& conflict);

}  // namespace harness

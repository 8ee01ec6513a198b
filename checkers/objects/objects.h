// The table of objects.
#pragma once

#include <span>
#include <string_view>

#include "checkers/objects/object.h"

namespace harness {

std::span<const ObjectEntry> objects();
const ObjectEntry* find_object(std::string_view name);

}  // namespace harness

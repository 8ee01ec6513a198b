/// Patterns of names, as KEYS, SCAN, PSUBSCRIBE and CONFIG GET take them.
#pragma once

#include <string_view>

namespace node {

/// Redis's glob: * ? [a-z] [^x] and backslash escapes.
bool glob_match(std::string_view pattern, std::string_view text, bool ignore_case = false);

}  // namespace node

#pragma once

#include <strings.h>

#include <string_view>

namespace node {

/// Whether two words are the same in letters of either case, as Redis reads the names of commands and
/// options.
inline bool same_word(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace node

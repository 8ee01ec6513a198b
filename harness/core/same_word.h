// Words of commands, which servers read whatever their case.
#pragma once

#include <algorithm>
#include <cctype>
#include <string_view>

namespace harness {

/// Whether the word is `upper`, a word in capitals, in any case.
inline bool same_word(std::string_view word, std::string_view upper) {
  return std::ranges::equal(word, upper, [](unsigned char a, char b) { return std::toupper(a) == b; });
}

}  // namespace harness

#include "server/keyspace/glob.h"

#include <cctype>
#include <utility>

namespace node {

namespace {
char fold(char c, bool ignore_case) {
  return ignore_case ? static_cast<char>(std::tolower(static_cast<unsigned char>(c))) : c;
}

/// Matches c against the class that begins at p ("[…"); moves p behind it.
bool class_match(std::string_view pattern, std::size_t& p, char c, bool ignore_case) {
  ++p;
  const bool inverted = p < pattern.size() && pattern[p] == '^';
  if (inverted) ++p;
  bool hit = false;
  while (p < pattern.size() && pattern[p] != ']') {
    if (pattern[p] == '\\' && p + 1 < pattern.size()) {
      ++p;
      hit |= fold(pattern[p], ignore_case) == fold(c, ignore_case);
      ++p;
    } else if (p + 2 < pattern.size() && pattern[p + 1] == '-') {
      char low = fold(pattern[p], ignore_case), high = fold(pattern[p + 2], ignore_case);
      if (low > high) std::swap(low, high);
      const char x = fold(c, ignore_case);
      hit |= x >= low && x <= high;
      p += 3;
    } else {
      hit |= fold(pattern[p], ignore_case) == fold(c, ignore_case);
      ++p;
    }
  }
  if (p < pattern.size()) ++p;
  return hit != inverted;
}
}  // namespace

/// Iterative, with one remembered star: linear in pattern times text, whatever the pattern.
bool glob_match(std::string_view pattern, std::string_view text, bool ignore_case) {
  std::size_t p = 0, t = 0;
  constexpr int kStarsMax = 1000;
  int stars = 0;
  std::size_t star = std::string_view::npos, star_text = 0;
  while (t < text.size()) {
    bool hit = false;
    std::size_t after = p;
    if (p < pattern.size()) {
      switch (pattern[p]) {
        case '*':
          // As redis: a pattern with this many stars that matter matches nothing.
          if (++stars > kStarsMax) return false;
          star = p++;
          star_text = t;
          continue;
        case '?':
          hit = true;
          after = p + 1;
          break;
        case '[':
          hit = class_match(pattern, after, text[t], ignore_case);
          break;
        case '\\':
          if (p + 1 < pattern.size()) ++after;
          [[fallthrough]];
        default:
          hit = fold(pattern[after], ignore_case) == fold(text[t], ignore_case);
          ++after;
      }
    }
    if (hit) {
      p = after;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++star_text;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace node

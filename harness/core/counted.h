// A number with its noun, for sentences: "1 vote", "3 votes", "2 replies".
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace harness {

/// `many` is the plural where it is not the noun with an s.
inline std::string counted_noun(std::size_t number, std::string_view noun, std::string_view many = {}) {
  std::string text = std::to_string(number) + " ";
  if (number == 1) return text + std::string(noun);
  return many.empty() ? text + std::string(noun) + "s" : text + std::string(many);
}

}  // namespace harness

// Names that people give, as names of folders and in JSON.
#pragma once

#include <string>
#include <string_view>

namespace harness {

/// Letters, digits and . _ + - stay; anything else (spaces, control characters, bytes that are no UTF-8)
/// becomes '_'. Never empty, nor one that begins with a dot.
inline std::string plain_name(std::string_view name) {
  std::string plain;
  for (const char c : name) {
    const bool stays = ('a' <= c && c <= 'z') || ('A' <= c && c <= 'Z') || ('0' <= c && c <= '9') ||
                       c == '_' || c == '+' || c == '-' || (c == '.' && !plain.empty());
    plain += stays ? c : '_';
  }
  return plain.empty() ? "_" : plain;
}

}  // namespace harness

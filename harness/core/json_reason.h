// Why a JSON text was not understood, without the library's own numbers.
#pragma once

#include <exception>
#include <string>

namespace harness {

/// "[json.exception.out_of_range.403] key 'run' not found" -> "key 'run' not found".
inline std::string json_reason(const std::exception& error) {
  const std::string what = error.what();
  const std::size_t end = what.starts_with("[json.exception") ? what.find("] ") : std::string::npos;
  return end == std::string::npos ? what : what.substr(end + 2);
}

}  // namespace harness

#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace harness {

/// The bytes of a file; empty when there is none.
inline std::string text_of_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace harness

// SHA-256 (libcrypto's), of bytes, files and source trees: what names a build.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace harness {

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  void add(std::string_view bytes);
  /// 64 hex digits. Ends it: nothing may be added afterwards.
  std::string hex();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Throws EnvironmentError when the file cannot be read.
std::string sha256_of_file(const std::filesystem::path& path);

}  // namespace harness

// Where the harness's own programs and libraries are: beside the executable, as they are built, or where they
// are installed, relative to it (PREFIX/bin beside PREFIX/libexec/redis-cluster-harness).
#pragma once

#include <filesystem>
#include <string_view>

namespace harness {

/// The file that is there; where none is, the place beside the executable.
std::filesystem::path own_file(std::string_view name);

/// The same for an executable at this path.
std::filesystem::path own_file_of(const std::filesystem::path& executable, std::string_view name);

}  // namespace harness

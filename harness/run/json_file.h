// A JSON file as a whole, which need not be there or whole.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>

namespace harness {

/// Null when there is no such file, discarded when it is no JSON. Throws EnvironmentError when it cannot be
/// read.
nlohmann::json json_in(const std::filesystem::path& file);

}  // namespace harness

// Bytes in JSON: a text when they are UTF-8, else {"hex": "..."}, so that no two different ones look alike.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace harness {

nlohmann::json bytes_json(std::string_view bytes);
/// Throws nlohmann::json::exception for what is neither.
std::string bytes_from(const nlohmann::json& j);

}  // namespace harness

// What a child of the suite printed: one JSON object, perhaps among lines of its errors.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace harness {

/// The object that `--json` prints; null when there is none.
nlohmann::json object_in(const std::string& said);

/// The errors on one line, not too long, without the program's name.
std::string first_lines(const std::string& said);

}  // namespace harness

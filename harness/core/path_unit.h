// A text parameter that names a file.
#pragma once

#include <string_view>

namespace harness {

/// Its unit (harness/core/parameter.h). In a scenario file such a path is meant from the file's folder; a
/// plan holds it absolute, so that it means the same wherever the plan is carried out again.
inline constexpr std::string_view kPathUnit = "path";

}  // namespace harness

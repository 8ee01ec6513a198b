// Suggestions for misspelt names.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace harness {

/// " (did you mean 'failover-basic'?)" for the name nearest to a misspelt one; empty when none is near.
std::string suggestion(std::string_view misspelt, std::span<const std::string_view> names);

/// The same; when none is near, all there are: "; there are kill, pause and restart".
std::string suggestion_or_all(std::string_view misspelt, std::span<const std::string_view> names);

}  // namespace harness

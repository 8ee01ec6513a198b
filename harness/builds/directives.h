// Directives that a scenario may not give: the harness sets them, and the run rests on their values.
#pragma once

#include <string>
#include <string_view>

namespace harness {

/// Why a scenario may not set the directive, with what to do instead; empty: it may. Also refuses a name or
/// value that would not stay one line of the configuration, and values that would shut the harness itself
/// out.
std::string why_directive_refused(std::string_view name, std::string_view value = {});

}  // namespace harness

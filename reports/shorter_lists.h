// Long lists of values, cut for a terminal.
#pragma once

#include <string>
#include <string_view>

namespace harness::reporting {

/// Lists with many elements cut to the first and the last: "[1,2,3, … 58 more …,62]". Those within strings
/// too: it is for people.
std::string shorter_lists(std::string_view text);

}  // namespace harness::reporting

// An anomaly in one sentence that a person would say; its operations stand below it.
#pragma once

#include <string>
#include <string_view>

#include "harness/core/verdict.h"

namespace harness::reporting {

/// A short type as words: "lost-write-outside-window" -> "lost write outside window".
std::string type_words(std::string_view type);

/// The checker's own sentence, or the one that the table has for the type ("An acknowledged write of r67 was
/// lost"), or type, key and node.
std::string headline(const Anomaly& anomaly);

}  // namespace harness::reporting

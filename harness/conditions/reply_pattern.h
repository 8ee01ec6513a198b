// What a scenario wants of a command's reply: nothing, the exact text, a regular expression, or an error.
//
//   OK              exactly this text (a whole number as its digits or as "(integer) 1", nil as "(nil)", a
//                   list with one line each)
//   /^1\d+$/        a reply that is no error and in which this is found (Perl's expressions;
//                   a dot is a line end, too)
//   error           any error
//   error /MOVED/   an error in which this is found
#pragma once

#include <string>
#include <string_view>

#include "harness/client/connection.h"

namespace harness {

/// The reply as a pattern sees it, and as records and reports show it. An error is its text.
std::string reply_text(const Reply& reply);

/// The pattern of a reply that is the empty text: an empty pattern fits every reply.
inline constexpr std::string_view kEmptyReply = "/\\A\\z/";

/// What is wrong with a pattern (a regular expression that is none, or has no end); empty: nothing.
std::string problem_with_pattern(const std::string& pattern);

/// REQUIRES: there is no problem with the pattern. An empty one fits every reply.
bool fits(const std::string& pattern, const Reply& reply);

/// Where a reply did not fit because it is an error, and the pattern an expression alone: the pattern that
/// was meant, perhaps. Empty: that is not why.
std::string error_pattern_meant(const std::string& pattern, const Reply& reply);

/// What `save` keeps of a reply: what the first group of the pattern's expression took, else all of it.
std::string saved_part(const std::string& pattern, const std::string& text);

}  // namespace harness

// Regular expressions of scenarios, over replies and logs: Perl's syntax, by Boost.Regex. Those texts come
// from servers: the standard library's matcher recurses once a character and ends the process on a long one.
#pragma once

#include <boost/regex.hpp>
#include <string>

namespace harness {

/// What is wrong with an expression; empty: nothing.
inline std::string problem_with_expression(const std::string& expression) {
  try {
    const boost::regex compiled(expression);
    return {};
  } catch (const boost::regex_error& error) {
    return "'" + expression + "' is no regular expression: " + error.what();
  }
}

/// Whether it is found in the text; `found`: where, with its groups. An expression that would take too long
/// on this text (backtracking without end) is not found.
inline bool found_in(const std::string& text, const boost::regex& expression, boost::smatch& found) {
  try {
    return boost::regex_search(text, found, expression);
  } catch (const std::runtime_error&) {
    return false;
  }
}

inline bool found_in(const std::string& text, const boost::regex& expression) {
  boost::smatch found;
  return found_in(text, expression, found);
}

}  // namespace harness

/// What COMMAND DOCS tells of a command in prose, word for word as redis 7.0 publishes it (redis is under the
/// BSD licence), so that whatever shows or searches it finds the same.
///
/// A command is its name on a line of its own, then a line for each text, by its first letter:
///      s summary
///      c complexity
///      h release change        (one for each that is told)
///      r what replaces it
/// A line that begins with four spaces goes on.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace node {

struct CommandProse {
  std::string summary, complexity, replaced_by;              ///< empty: nothing is told
  std::vector<std::pair<std::string, std::string>> history;  ///< release, change
};

/// By full name; null for a command that has none.
const CommandProse* prose_of(std::string_view command);

// The texts.
std::string_view prose_of_commands_a_g();
std::string_view prose_of_commands_h_r();
std::string_view prose_of_commands_s_z();
std::string_view prose_of_subcommands();

}  // namespace node

/// What COMMAND DOCS tells of a command: since when there is one, and its arguments, which clients complete
/// by.
///
/// A command is written down as
///     name since [~deprecated since] [!flag …] [: argument , argument …]
/// and an argument as
///     name type [#key specification] [=TOKEN] [@since] [~deprecated since] [?] [*] [+] [[ argument , … ]]
/// with ? optional, * may be repeated, + its token with it; and a letter for the type: string, integer,
/// double, key, pattern, unix time, token alone, one of several, block. The empty token is
/// written "". A line that begins with a space goes
/// on.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace node {

struct ArgumentDocs {
  std::string_view name, type, since, deprecated;
  std::optional<std::string_view> token;  ///< one is the empty word
  std::optional<int> key_rule;
  std::vector<std::string_view> flags;
  bool nests = false;  ///< of several, or a block
  std::vector<ArgumentDocs> arguments;
};

struct CommandDocs {
  std::string_view since, deprecated;
  std::vector<std::string_view> flags;
  std::vector<ArgumentDocs> arguments;
};

/// By full name; null for a command that redis 7.0 does not have.
const CommandDocs* docs_of(std::string_view command);

// The texts.
std::string_view docs_of_commands_a_g();
std::string_view docs_of_commands_h_z();
std::string_view docs_of_subcommands();

}  // namespace node

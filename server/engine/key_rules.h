/// What COMMAND INFO tells beyond the table: how a client finds the keys of a command in its words and what
/// becomes of them (key specifications), and what a proxy may do with the command (tips). By name, as
/// redis 7.0 publishes them.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "server/engine/command.h"

namespace node {

/// One key specification: where the search begins, and how the keys follow from there.
struct KeyRule {
  enum class Begin : std::uint8_t { index, keyword, unknown };
  enum class Find : std::uint8_t { range, keynum, unknown };
  std::vector<std::string_view> flags;  ///< RO, RW, OW, RM; access, update, insert, delete; …
  Begin begin = Begin::unknown;
  std::string_view keyword;
  int at = 0;  ///< index, or where the search for the keyword starts (from the end when negative)
  Find find = Find::unknown;
  /// range: last key (relative, from the end when negative), step, limit; keynum: where the number stands,
  /// first key, step.
  int a = 0, b = 0, c = 0;
};

std::vector<KeyRule> key_rules(const Command& command);
std::vector<std::string_view> command_tips(const Command& command);
/// What the command does to the key at argv[at], as its rules or its options say.
std::vector<std::string_view> key_flags(const Command& command, const std::vector<KeyRule>& rules,
                                        const std::vector<std::string_view>& argv, std::size_t at);
/// Indices of the keys that a rule finds.
std::vector<std::size_t> positions_of(const KeyRule& rule, const std::vector<std::string_view>& argv);

}  // namespace node

/// What scripts and functions say about themselves: "#!lua flags=no-writes,…", or the flags of a registered
/// function.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/engine/command.h"

namespace node {

namespace script_flag {
inline constexpr std::uint32_t no_writes = 1, allow_oom = 2, allow_stale = 4, no_cluster = 8, cross_slot = 16;
}

/// One flag's bit, or nothing when there is none of this name.
std::optional<std::uint32_t> script_flag_named(std::string_view name, bool any_case);
/// The names of all bits, in the order of FUNCTION LIST.
std::vector<std::string_view> script_flag_names(std::uint32_t flags);

/// The first line of a script, when it is a header and not Lua.
struct ScriptHeader {
  std::optional<std::uint32_t> flags;  ///< none: no header
  std::size_t size = 0;  ///< bytes before the line's end, which stays, so that lines keep their numbers
};
/// An error line without its code, or nothing.
std::optional<std::string> parse_script_header(std::string_view body, ScriptHeader& header);

/// The command (EVAL, FCALL, …) that runs it, as the checks before execution are to see it: it writes, needs
/// memory and may be stale as the script's flags say.
Command judged_by_flags(const Command& command, std::uint32_t flags);

}  // namespace node

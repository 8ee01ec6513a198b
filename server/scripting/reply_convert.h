/// Between RESP and Lua, by the rules of the EVAL documentation: integer and number, bulk and string, status
/// and {ok=…}, error and {err=…}, null and false, array and table.
#pragma once

#include <string_view>

#include "server/resp/writer.h"

struct lua_State;

namespace node {

/// Set in the table of an error that a command answered: the statistics know of it.
inline constexpr const char* kCountedField = "ignore_error_stats_update";

/// Pushes one Lua value for one RESP2 reply.
void push_reply(lua_State* lua, std::string_view resp);
/// Writes the value on top of the stack as a reply.
void write_lua_reply(lua_State* lua, Writer& out, int script_resp);

}  // namespace node

/// The `bit` library of scripts: 32-bit operations on numbers, as Lua BitOp defines them.
#pragma once

struct lua_State;

namespace node {

/// Sets the global `bit`.
void open_bit_library(lua_State* lua);

}  // namespace node

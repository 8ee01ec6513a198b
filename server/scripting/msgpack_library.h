/// The `cmsgpack` library of scripts: Lua values to and from MessagePack
/// (https://github.com/msgpack/msgpack/blob/master/spec.md), with raw strings and no extension types.
#pragma once

struct lua_State;

namespace node {

/// Sets the global `cmsgpack`.
void open_msgpack_library(lua_State* lua);

}  // namespace node

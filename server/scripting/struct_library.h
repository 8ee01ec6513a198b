/// The `struct` library of scripts: numbers and strings to and from the bytes of C structures, by the formats
/// of lua-struct (http://www.inf.puc-rio.br/~roberto/struct/).
#pragma once

struct lua_State;

namespace node {

/// Sets the global `struct`.
void open_struct_library(lua_State* lua);

}  // namespace node

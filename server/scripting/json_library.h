/// The `cjson` library of scripts: Debian's lua-cjson, kept from what it does not survive (it counts bytes in
/// an int, and ends the process when that runs over).
#pragma once

struct lua_State;

namespace node {

/// Sets the global `cjson`.
void open_json_library(lua_State* lua);

}  // namespace node

/// redis.register_function(), the only thing that a library's code can do while it is loaded.
#pragma once

struct lua_State;

namespace node {

class Functions;

/// Pushes it.
void push_register_function(lua_State* lua, Functions& functions);

}  // namespace node

/// What scripts see of Lua: its libraries without files, processes and bytecode, and globals that nobody can
/// change, so that no script finds anything of another.
#pragma once

struct lua_State;

namespace node {

/// REQUIRES: the global `redis` is set. Globals are sealed afterwards; set_script_global() still reaches
/// them. False with a message on top of the stack when the prelude fails.
bool seal_globals(lua_State* lua);

/// Pops a value and makes it a global of scripts.
void set_script_global(lua_State* lua, const char* name);

}  // namespace node

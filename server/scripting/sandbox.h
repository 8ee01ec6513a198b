/// What scripts see of Lua: its libraries without files, processes and bytecode, and globals that nobody can
/// change, so that no script finds anything of another.
///
/// Stock Lua knows no read-only tables. Those that scripts share are hidden behind empty ones (fronts):
/// reading falls through, writing is refused, and every function of the libraries that reads or writes
/// tables without asking their metatables is replaced by one that knows fronts.
#pragma once

#include <memory>

struct lua_State;

namespace node {

struct CloseLua {
  void operator()(lua_State* lua) const;
};
using LuaState = std::unique_ptr<lua_State, CloseLua>;

/// A state with all libraries of scripts, not yet sealed.
LuaState open_lua();

/// REQUIRES: the global `redis` is set. Globals are sealed afterwards; set_script_global() still reaches
/// them. `deprecated`: with getfenv, setfenv and newproxy. False with a message on top of the stack when the
/// prelude fails.
bool seal_globals(lua_State* lua, bool deprecated);

/// Pops a value and makes it a global of scripts.
void set_script_global(lua_State* lua, const char* name);

/// Replaces the table on top by its front. With `strict`, reading a field that is not there is an error.
void seal_table(lua_State* lua, bool strict);
bool is_sealed(lua_State* lua, int index);

/// Pops a front (of seal_table) whose fields are the only globals until show_all_globals().
void show_only(lua_State* lua);
void show_all_globals(lua_State* lua);

}  // namespace node

#include "server/scripting/sandbox.h"

#include <climits>
#include <cstring>
#include <lua5.1/lua.hpp>
#include <new>

#include "server/scripting/bit_library.h"
#include "server/scripting/json_library.h"
#include "server/scripting/msgpack_library.h"
#include "server/scripting/struct_library.h"

namespace node {

namespace {

// In the registry.
constexpr const char* kGlobals = "node.globals";  ///< the table of globals itself
constexpr const char* kFront = "node.front";      ///< its front, in which scripts run
constexpr const char* kSealed = "node.sealed";    ///< front -> hidden table
constexpr const char* kShown = "node.shown";      ///< what getmetatable() answers for a front

constexpr const char* kReadonly = "Attempt to modify a readonly table";

// ---- for fronts
// -----------------------------------------------------------------------------------------------------

/// As __newindex: told with the line, as an assignment that fails is.
int refuse_assignment(lua_State* lua) {
  return luaL_error(lua, "%s", kReadonly);
}

/// As __index of what has no such field.
int missing_global(lua_State* lua) {
  const int type = lua_type(lua, 2);
  if (lua_gettop(lua) != 2 || (type != LUA_TSTRING && type != LUA_TNUMBER))
    return luaL_error(lua, "the name of a global must be a string or number");
  return luaL_error(lua, "Script attempted to access nonexistent global variable '%s'", lua_tostring(lua, 2));
}

/// Pushes the hidden table of the front at `index`, or nil.
void push_hidden(lua_State* lua, int index) {
  lua_pushvalue(lua, index);
  lua_getfield(lua, LUA_REGISTRYINDEX, kSealed);
  lua_insert(lua, -2);
  lua_rawget(lua, -2);
  lua_remove(lua, -2);
}

/// Puts the hidden table in the place of its front.
void reveal(lua_State* lua, int index) {
  if (lua_type(lua, index) != LUA_TTABLE) return;
  push_hidden(lua, index);
  lua_isnil(lua, -1) ? lua_pop(lua, 1) : lua_replace(lua, index);
}

lua_CFunction replaced(lua_State* lua) {
  return lua_tocfunction(lua, lua_upvalueindex(1));
}

/// In the place of a function that writes into its first argument.
int writing_function(lua_State* lua) {
  if (lua_type(lua, 1) == LUA_TTABLE && is_sealed(lua, 1)) {
    lua_pushstring(lua, kReadonly);
    return lua_error(lua);
  }
  return replaced(lua)(lua);
}

/// In the place of a function that reads its first argument and gives nothing of it away as a whole.
int reading_function(lua_State* lua) {
  if (lua_gettop(lua) > 0) reveal(lua, 1);
  return replaced(lua)(lua);
}

int shown_pairs(lua_State* lua) {
  luaL_checktype(lua, 1, LUA_TTABLE);
  lua_pushvalue(lua, lua_upvalueindex(is_sealed(lua, 1) ? 2 : 1));
  lua_pushvalue(lua, 1);
  lua_pushnil(lua);
  return 3;
}

/// Functions of the libraries stand in the table of globals itself: shown is its front.
int shown_environment(lua_State* lua) {
  const int results = replaced(lua)(lua);
  lua_getfield(lua, LUA_REGISTRYINDEX, kGlobals);
  const bool hidden = lua_rawequal(lua, -1, -2);
  lua_pop(lua, 1);
  if (hidden) lua_pushvalue(lua, lua_upvalueindex(2));
  return results;
}

// ---- without bytecode, which Lua 5.1 does not verify
// ----------------------------------------------------------------

int text_only_loadstring(lua_State* lua) {
  std::size_t size = 0;
  const char* text = luaL_checklstring(lua, 1, &size);
  const char* name = luaL_optstring(lua, 2, text);
  if (size > 0 && text[0] == LUA_SIGNATURE[0]) {
    lua_pushnil(lua);
    lua_pushliteral(lua, "attempt to load a binary chunk");
    return 2;
  }
  if (luaL_loadbuffer(lua, text, size, name) == 0) return 1;
  lua_pushnil(lua);
  lua_insert(lua, -2);
  return 2;
}

/// A piece of text from the function at 1, kept alive at 3.
const char* read_piece(lua_State* lua, void* begun, std::size_t* size) {
  luaL_checkstack(lua, 2, "too many nested functions");
  lua_pushvalue(lua, 1);
  lua_call(lua, 0, 1);
  *size = 0;
  if (lua_isnil(lua, -1)) {
    lua_pop(lua, 1);
    return nullptr;
  }
  if (!lua_isstring(lua, -1)) luaL_error(lua, "reader function must return a string");
  lua_replace(lua, 3);
  const char* piece = lua_tolstring(lua, 3, size);
  bool& first = *static_cast<bool*>(begun);
  if (first && *size > 0 && piece[0] == LUA_SIGNATURE[0]) luaL_error(lua, "attempt to load a binary chunk");
  first = first && *size == 0;
  return piece;
}

int text_only_load(lua_State* lua) {
  const char* name = luaL_optstring(lua, 2, "=(load)");
  luaL_checktype(lua, 1, LUA_TFUNCTION);
  lua_settop(lua, 3);
  bool first = true;
  if (lua_load(lua, read_piece, &first, name) == 0) return 1;
  lua_pushnil(lua);
  lua_insert(lua, -2);
  return 2;
}

/// unpack() of Lua 5.1 overflows on large intervals.
int safe_unpack(lua_State* lua) {
  luaL_checktype(lua, 1, LUA_TTABLE);
  const lua_Integer from = luaL_optinteger(lua, 2, 1);
  const lua_Integer to =
      lua_isnoneornil(lua, 3) ? static_cast<lua_Integer>(lua_objlen(lua, 1)) : luaL_checkinteger(lua, 3);
  if (from > to) return 0;
  lua_Integer last = 0;
  if (__builtin_sub_overflow(to, from, &last) || last >= INT_MAX - 1 ||
      !lua_checkstack(lua, static_cast<int>(last) + 1))
    return luaL_error(lua, "too many results to unpack");
  for (lua_Integer i = 0; i <= last; ++i) lua_rawgeti(lua, 1, static_cast<int>(from + i));
  return static_cast<int>(last) + 1;
}

/// pcall() as scripts have always known it: an error that is a table {err = …} arrives as its text.
int text_of_errors_pcall(lua_State* lua) {
  luaL_checkany(lua, 1);
  lua_pushboolean(lua, 1);
  lua_insert(lua, 1);
  if (lua_pcall(lua, lua_gettop(lua) - 2, LUA_MULTRET, 0) == 0) return lua_gettop(lua);
  if (lua_istable(lua, -1)) {
    lua_pushliteral(lua, "err");
    lua_rawget(lua, -2);
    lua_isstring(lua, -1) ? lua_replace(lua, -2) : lua_pop(lua, 1);
  }
  lua_pushboolean(lua, 0);
  lua_replace(lua, 1);
  return lua_gettop(lua);
}

// ---- putting it together
// --------------------------------------------------------------------------------------------

/// Replaces the field of the table on top by a closure over what it was.
void replace_field(lua_State* lua, const char* name, lua_CFunction by) {
  lua_getfield(lua, -1, name);
  lua_pushcclosure(lua, by, 1);
  lua_setfield(lua, -2, name);
}

void remove_field(lua_State* lua, const char* name) {
  lua_pushnil(lua);
  lua_setfield(lua, -2, name);
}

void set_function(lua_State* lua, const char* name, lua_CFunction function) {
  lua_pushcfunction(lua, function);
  lua_setfield(lua, -2, name);
}

/// The globals are on top, their front is below.
void replace_base_functions(lua_State* lua, bool deprecated) {
  for (const char* name : {"dofile", "loadfile", "print"}) remove_field(lua, name);
  if (deprecated) {
    lua_getfield(lua, -1, "getfenv");
    lua_pushvalue(lua, -3);
    lua_pushcclosure(lua, shown_environment, 2);
    lua_setfield(lua, -2, "getfenv");
  } else {
    for (const char* name : {"newproxy", "getfenv", "setfenv"}) remove_field(lua, name);
  }
  set_function(lua, "unpack", safe_unpack);
  set_function(lua, "pcall", text_of_errors_pcall);
  set_function(lua, "load", text_only_load);
  set_function(lua, "loadstring", text_only_loadstring);
  replace_field(lua, "rawset", writing_function);
  replace_field(lua, "setmetatable", writing_function);
  replace_field(lua, "rawget", reading_function);
  // pairs() hands out the one next() or the other.
  lua_getfield(lua, -1, "next");
  lua_pushvalue(lua, -1);
  lua_pushcclosure(lua, reading_function, 1);
  lua_pushvalue(lua, -1);
  lua_setfield(lua, -4, "next");
  lua_pushcclosure(lua, shown_pairs, 2);
  lua_setfield(lua, -2, "pairs");
}

void open_one(lua_State* lua, const char* name, lua_CFunction open) {
  lua_pushcfunction(lua, open);
  lua_pushstring(lua, name);
  lua_call(lua, 1, 0);
}

int open_libraries(lua_State* lua) {
  open_one(lua, "", luaopen_base);
  open_one(lua, LUA_TABLIBNAME, luaopen_table);
  open_one(lua, LUA_STRLIBNAME, luaopen_string);
  open_one(lua, LUA_MATHLIBNAME, luaopen_math);
  open_bit_library(lua);
  open_json_library(lua);
  open_msgpack_library(lua);
  open_struct_library(lua);
  return 0;
}

int seal_all(lua_State* lua) {
  const bool deprecated = lua_toboolean(lua, 1);
  lua_newtable(lua);
  lua_setfield(lua, LUA_REGISTRYINDEX, kSealed);
  lua_newtable(lua);
  seal_table(lua, false);
  lua_pushvalue(lua, -1);
  lua_setfield(lua, LUA_REGISTRYINDEX, kShown);
  lua_getmetatable(lua, -1);
  lua_pushvalue(lua, -2);
  lua_setfield(lua, -2, "__metatable");
  lua_pop(lua, 1);
  lua_pushliteral(lua, "");
  lua_getmetatable(lua, -1);
  lua_pushvalue(lua, -3);
  lua_setfield(lua, -2, "__metatable");
  lua_settop(lua, 0);

  lua_getglobal(lua, LUA_TABLIBNAME);
  replace_field(lua, "insert", writing_function);
  lua_pop(lua, 1);
  for (const char* name :
       {"string", "table", "math", "coroutine", "bit", "cjson", "cmsgpack", "struct", "redis"}) {
    lua_getglobal(lua, name);
    seal_table(lua, false);
    lua_setglobal(lua, name);
  }
  lua_pushvalue(lua, LUA_GLOBALSINDEX);
  lua_setfield(lua, LUA_REGISTRYINDEX, kGlobals);
  lua_pushvalue(lua, LUA_GLOBALSINDEX);
  seal_table(lua, true);
  lua_pushvalue(lua, -1);
  lua_setfield(lua, LUA_REGISTRYINDEX, kFront);
  lua_pushvalue(lua, LUA_GLOBALSINDEX);
  replace_base_functions(lua, deprecated);
  lua_pushliteral(lua, "_G");
  lua_pushvalue(lua, -3);
  lua_rawset(lua, -3);
  lua_pop(lua, 1);
  lua_replace(lua, LUA_GLOBALSINDEX);
  return 0;
}

/// What is on top becomes what the globals' front shows.
void show(lua_State* lua) {
  lua_getfield(lua, LUA_REGISTRYINDEX, kFront);
  lua_getmetatable(lua, -1);
  lua_pushvalue(lua, -3);
  lua_setfield(lua, -2, "__index");
  lua_pop(lua, 3);
}

}  // namespace

void CloseLua::operator()(lua_State* lua) const {
  lua_close(lua);
}

LuaState open_lua() {
  LuaState lua(luaL_newstate());
  if (lua && lua_cpcall(lua.get(), open_libraries, nullptr) != 0) lua.reset();
  if (!lua) throw std::bad_alloc();
  return lua;
}

bool seal_globals(lua_State* lua, bool deprecated) {
  lua_pushcfunction(lua, seal_all);
  lua_pushboolean(lua, deprecated);
  return lua_pcall(lua, 1, 0, 0) == 0;
}

void set_script_global(lua_State* lua, const char* name) {
  lua_getfield(lua, LUA_REGISTRYINDEX, kGlobals);
  lua_insert(lua, -2);
  lua_pushstring(lua, name);
  lua_insert(lua, -2);
  lua_rawset(lua, -3);
  lua_pop(lua, 1);
}

void seal_table(lua_State* lua, bool strict) {
  if (strict) {
    lua_newtable(lua);
    lua_pushcfunction(lua, missing_global);
    lua_setfield(lua, -2, "__index");
    lua_setmetatable(lua, -2);
  }
  lua_newtable(lua);
  lua_newtable(lua);
  lua_pushvalue(lua, -3);
  lua_setfield(lua, -2, "__index");
  lua_pushcfunction(lua, refuse_assignment);
  lua_setfield(lua, -2, "__newindex");
  lua_getfield(lua, LUA_REGISTRYINDEX, kShown);
  lua_setfield(lua, -2, "__metatable");
  lua_setmetatable(lua, -2);
  // hidden, front
  lua_getfield(lua, LUA_REGISTRYINDEX, kSealed);
  lua_pushvalue(lua, -2);
  lua_pushvalue(lua, -4);
  lua_rawset(lua, -3);
  lua_pop(lua, 1);
  lua_remove(lua, -2);
}

bool is_sealed(lua_State* lua, int index) {
  push_hidden(lua, index);
  const bool sealed = !lua_isnil(lua, -1);
  lua_pop(lua, 1);
  return sealed;
}

void show_only(lua_State* lua) {
  show(lua);
}

void show_all_globals(lua_State* lua) {
  lua_getfield(lua, LUA_REGISTRYINDEX, kGlobals);
  show(lua);
}

}  // namespace node

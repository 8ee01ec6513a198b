#include "server/scripting/json_library.h"

#include <cstdint>
#include <cstring>
#include <lua5.1/lua.hpp>

// Its header says nothing of C.
extern "C" {
#include <lua5.1/lua-cjson.h>
}

namespace node {

namespace {

/// The most bytes that one call encodes or decodes.
constexpr std::int64_t kJsonBytesMax = std::int64_t{1} << 29;
/// How deep tables may nest, as in cjson: so a table that contains itself is refused, too.
constexpr int kDepthMax = 1000;

/// Takes from `left` the bytes that the value on top may need; false when they do not suffice, with whatever
/// on the stack.
bool fits(lua_State* lua, std::int64_t& left, int depth) {
  const int type = lua_type(lua, -1);
  left -= type == LUA_TSTRING ? 6 * static_cast<std::int64_t>(lua_objlen(lua, -1)) + 4 : 32;
  if (type != LUA_TTABLE || depth >= kDepthMax) return left >= 0;
  luaL_checkstack(lua, 4, "JSON nested too deeply");
  for (lua_pushnil(lua); left >= 0 && lua_next(lua, -2); lua_pop(lua, 1)) {
    if (!fits(lua, left, depth + 1)) return false;
    if (lua_type(lua, -2) == LUA_TSTRING) left -= 6 * static_cast<std::int64_t>(lua_objlen(lua, -2));
    // An array is written up to its highest index, with a null for each that is not there.
    if (lua_type(lua, -2) == LUA_TNUMBER && lua_tonumber(lua, -2) > static_cast<double>(kJsonBytesMax / 5))
      return false;
  }
  return left >= 0;
}

int encode(lua_State* lua) {
  if (lua_gettop(lua) == 1) {
    std::int64_t left = kJsonBytesMax;
    const bool small = fits(lua, left, 0);
    lua_settop(lua, 1);
    if (!small) return luaL_error(lua, "Cannot serialise: the JSON text would be too long");
  }
  return lua_tocfunction(lua, lua_upvalueindex(2))(lua);
}

int decode(lua_State* lua) {
  if (lua_type(lua, 1) == LUA_TSTRING && static_cast<std::int64_t>(lua_objlen(lua, 1)) > kJsonBytesMax)
    return luaL_error(lua, "Cannot decode: the JSON text is too long");
  return lua_tocfunction(lua, lua_upvalueindex(2))(lua);
}

/// Puts `by` in the place of a function of the table on top, over the same settings (its only upvalue), which
/// the library's function therefore finds when `by` goes on to it.
void guard(lua_State* lua, const char* name, lua_CFunction by) {
  lua_getfield(lua, -1, name);
  if (!lua_getupvalue(lua, -1, 1)) lua_pushnil(lua);
  lua_insert(lua, -2);
  lua_pushcclosure(lua, by, 2);
  lua_setfield(lua, -2, name);
}

int make_new(lua_State* lua);

void guard_all(lua_State* lua) {
  guard(lua, "encode", encode);
  guard(lua, "decode", decode);
  guard(lua, "new", make_new);
}

int make_new(lua_State* lua) {
  const int results = lua_tocfunction(lua, lua_upvalueindex(2))(lua);
  guard_all(lua);
  return results;
}

}  // namespace

void open_json_library(lua_State* lua) {
  lua_pushcfunction(lua, luaopen_cjson);
  lua_call(lua, 0, 1);
  guard_all(lua);
  lua_setglobal(lua, "cjson");
}

}  // namespace node

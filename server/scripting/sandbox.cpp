#include "server/scripting/sandbox.h"

#include <climits>
#include <cstring>
#include <lua5.1/lua.hpp>

namespace node {

namespace {

constexpr const char* kGlobals = "node.globals";

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

/// Tables that scripts must not change are hidden behind empty ones: reading falls through, writing is
/// refused, and so are rawset() and setmetatable(). Returns the table of globals.
constexpr const char* kPrelude = R"(
local real = _G
local raw_set, set_meta, get_meta, load_text, type, error = rawset, setmetatable, getmetatable, loadstring, type, error
local readonly = "Attempt to modify a readonly table"
local sealed = {}
local function refuse() error(readonly, 2) end
local shown = {}
sealed[shown] = true
set_meta(shown, { __newindex = refuse, __metatable = shown })
local function seal(of)
  local front = {}
  sealed[front] = true
  return set_meta(front, { __index = of, __newindex = refuse, __metatable = shown })
end
for _, name in ipairs({ "dofile", "loadfile", "print", "require", "module", "newproxy", "package", "io", "debug",
                        "getfenv", "setfenv", "load" }) do
  real[name] = nil
end
function real.rawset(t, k, v)
  if sealed[t] then error(readonly, 2) end
  return raw_set(t, k, v)
end
function real.setmetatable(t, m)
  if sealed[t] then error(readonly, 2) end
  return set_meta(t, m)
end
function real.loadstring(text, name)
  if type(text) == "string" and text:byte(1) == 27 then return nil, "attempt to load a binary chunk" end
  return load_text(text, name)
end
get_meta("").__metatable = shown
real.os = { clock = os.clock }
for _, name in ipairs({ "string", "table", "math", "coroutine", "os", "bit", "redis" }) do real[name] = seal(real[name]) end
real.server = real.redis
set_meta(real, { __index = function(_, name)
  error("Script attempted to access nonexistent global variable '" .. tostring(name) .. "'", 2)
end })
local globals = seal(real)
raw_set(real, "_G", globals)
return globals
)";

}  // namespace

bool seal_globals(lua_State* lua) {
  lua_pushcfunction(lua, safe_unpack);
  lua_setglobal(lua, "unpack");
  lua_pushvalue(lua, LUA_GLOBALSINDEX);
  lua_setfield(lua, LUA_REGISTRYINDEX, kGlobals);
  if (luaL_loadbuffer(lua, kPrelude, std::strlen(kPrelude), "@sandbox") || lua_pcall(lua, 0, 1, 0))
    return false;
  lua_replace(lua, LUA_GLOBALSINDEX);
  return true;
}

void set_script_global(lua_State* lua, const char* name) {
  lua_getfield(lua, LUA_REGISTRYINDEX, kGlobals);
  lua_insert(lua, -2);
  lua_pushstring(lua, name);
  lua_insert(lua, -2);
  lua_rawset(lua, -3);
  lua_pop(lua, 1);
}

}  // namespace node

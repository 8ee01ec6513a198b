#include "server/scripting/register_function.h"

#include <strings.h>

#include <lua5.1/lua.hpp>
#include <string>

#include "server/scripting/functions.h"
#include "server/scripting/redis_api.h"
#include "server/scripting/script_flags.h"

namespace node {

namespace {

/// What the arguments say: places on the stack, for a Lua error may end the function that holds this.
struct Arguments {
  int name = 0, description = 0, callback = 0;
  std::uint32_t flags = 0;
  const char* wrong = nullptr;
};

/// A flag's bit; none is not one.
std::uint32_t flag_of(const char* name) {
  return script_flag_named(name, true).value_or(0);
}

/// The flags in the table on top.
void read_flags(lua_State* lua, Arguments& out) {
  out.flags = 0;
  for (int i = 1;; ++i) {
    lua_pushnumber(lua, i);
    lua_gettable(lua, -2);
    if (lua_isnil(lua, -1)) break;
    const std::uint32_t bit = lua_isstring(lua, -1) ? flag_of(lua_tostring(lua, -1)) : 0;
    lua_pop(lua, 1);
    if (!bit) {
      out.wrong = "unknown flag given";
      return;
    }
    out.flags |= bit;
  }
  lua_pop(lua, 1);
}

/// register_function{function_name = …, callback = …, flags = …, description = …}: the values that are kept
/// go to places 2 to 4.
Arguments named_arguments(lua_State* lua) {
  Arguments out;
  lua_settop(lua, 4);
  auto keep = [&](int& at, int place, bool fits, const char* wrong) {
    if (!fits) out.wrong = wrong;
    lua_pushvalue(lua, -1);
    lua_replace(lua, at = place);
  };
  for (lua_pushnil(lua); !out.wrong && lua_next(lua, 1); lua_pop(lua, 1)) {
    if (!lua_isstring(lua, -2)) {
      out.wrong = "named argument key given to redis.register_function is not a string";
      return out;
    }
    const char* key = lua_type(lua, -2) == LUA_TSTRING ? lua_tostring(lua, -2) : "";
    if (strcasecmp(key, "function_name") == 0) {
      keep(out.name, 2, lua_isstring(lua, -1),
           "function_name argument given to redis.register_function must be a string");
    } else if (strcasecmp(key, "description") == 0) {
      keep(out.description, 3, lua_isstring(lua, -1),
           "description argument given to redis.register_function must be a string");
    } else if (strcasecmp(key, "callback") == 0) {
      keep(out.callback, 4, lua_isfunction(lua, -1),
           "callback argument given to redis.register_function must be a function");
    } else if (strcasecmp(key, "flags") != 0) {
      out.wrong = "unknown argument given to redis.register_function";
    } else if (!lua_istable(lua, -1)) {
      out.wrong = "flags argument to redis.register_function must be a table representing function flags";
    } else {
      read_flags(lua, out);
    }
  }
  if (!out.wrong && !out.name) out.wrong = "redis.register_function must get a function name argument";
  if (!out.wrong && !out.callback) out.wrong = "redis.register_function must get a callback argument";
  return out;
}

Arguments read_arguments(lua_State* lua) {
  Arguments out;
  const int n = lua_gettop(lua);
  if (n < 1 || n > 2) {
    out.wrong = "wrong number of arguments to redis.register_function";
  } else if (n == 2) {
    if (!lua_isstring(lua, 1))
      out.wrong = "first argument to redis.register_function must be a string";
    else if (!lua_isfunction(lua, 2))
      out.wrong = "second argument to redis.register_function must be a function";
    out.name = 1;
    out.callback = 2;
  } else if (!lua_istable(lua, 1)) {
    out.wrong =
        "calling redis.register_function with a single argument is only applicable to Lua table "
        "(representing "
        "named arguments).";
  } else {
    return named_arguments(lua);
  }
  return out;
}

std::string text_at(lua_State* lua, int at) {
  std::size_t size = 0;
  const char* text = lua_tolstring(lua, at, &size);
  return {text, size};
}

const char* add(lua_State* lua, Functions& functions, const Arguments& arguments) {
  lua_pushvalue(lua, arguments.callback);
  LuaRef callback(lua, luaL_ref(lua, LUA_REGISTRYINDEX));
  std::optional<std::string> description;
  if (arguments.description) description = text_at(lua, arguments.description);
  return functions.add_function(
      {text_at(lua, arguments.name), std::move(description), arguments.flags, std::move(callback)});
}

int register_function(lua_State* lua) {
  auto& functions = *static_cast<Functions*>(lua_touserdata(lua, lua_upvalueindex(1)));
  if (!functions.loading())
    return raise_error(lua, "redis.register_function can only be called on FUNCTION LOAD command");
  const Arguments arguments = read_arguments(lua);
  const char* wrong = arguments.wrong ? arguments.wrong : add(lua, functions, arguments);
  return wrong ? raise_error(lua, wrong) : 0;
}

}  // namespace

void push_register_function(lua_State* lua, Functions& functions) {
  lua_pushlightuserdata(lua, &functions);
  lua_pushcclosure(lua, register_function, 1);
}

}  // namespace node

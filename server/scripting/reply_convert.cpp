#include "server/scripting/reply_convert.h"

#include <charconv>
#include <lua5.1/lua.hpp>
#include <string>

#include "server/keyspace/number.h"

namespace node {

namespace {

constexpr int kDepthMax = 100;

std::string_view push_one(lua_State* lua, std::string_view in) {
  const std::size_t end = in.find("\r\n");
  const std::string_view line = in.substr(1, end - 1);
  std::string_view rest = in.substr(end + 2);
  std::int64_t n = 0;
  std::from_chars(line.data(), line.data() + line.size(), n);
  luaL_checkstack(lua, 4, "reply nested too deeply");
  switch (in[0]) {
    case ':':
      lua_pushnumber(lua, static_cast<lua_Number>(n));
      return rest;
    case '$':
      if (n < 0) {
        lua_pushboolean(lua, 0);
        return rest;
      }
      lua_pushlstring(lua, rest.data(), static_cast<std::size_t>(n));
      return rest.substr(static_cast<std::size_t>(n) + 2);
    case '*':
      if (n < 0) {
        lua_pushboolean(lua, 0);
        return rest;
      }
      lua_newtable(lua);
      for (std::int64_t i = 1; i <= n; ++i) {
        rest = push_one(lua, rest);
        lua_rawseti(lua, -2, static_cast<int>(i));
      }
      return rest;
    default:
      lua_newtable(lua);
      lua_pushlstring(lua, line.data(), line.size());
      lua_setfield(lua, -2, in[0] == '-' ? "err" : "ok");
      return rest;
  }
}

void write_value(lua_State* lua, Writer& out, int depth);

/// A field of the table on top, raw; false when absent.
bool text_field(lua_State* lua, const char* name, std::string& text) {
  lua_pushstring(lua, name);
  lua_rawget(lua, -2);
  std::size_t size = 0;
  const bool present = lua_type(lua, -1) == LUA_TSTRING;
  if (present) {
    const char* t = lua_tolstring(lua, -1, &size);
    text.assign(t, size);
  }
  lua_pop(lua, 1);
  return present;
}

void write_table(lua_State* lua, Writer& out, int depth) {
  std::string text;
  if (text_field(lua, "err", text)) return out.error(text);
  if (text_field(lua, "ok", text)) {
    for (char& c : text)
      if (c == '\r' || c == '\n') c = ' ';
    return out.status(text);
  }
  lua_pushstring(lua, "double");
  lua_rawget(lua, -2);
  const bool is_double = lua_type(lua, -1) == LUA_TNUMBER;
  if (is_double) out.real(lua_tonumber(lua, -1));
  lua_pop(lua, 1);
  if (is_double) return;
  const std::size_t mark = out.mark();
  std::size_t n = 0;
  for (int i = 1;; ++i) {
    lua_rawgeti(lua, -1, i);
    if (lua_isnil(lua, -1)) {
      lua_pop(lua, 1);
      break;
    }
    write_value(lua, out, depth + 1);
    ++n;
  }
  out.wrap_array(mark, n);
}

/// Pops the value.
void write_value(lua_State* lua, Writer& out, int depth) {
  if (depth > kDepthMax || !lua_checkstack(lua, 4)) {
    out.error("ERR reached lua stack limit");
    lua_pop(lua, 1);
    return;
  }
  switch (lua_type(lua, -1)) {
    case LUA_TSTRING: {
      std::size_t size = 0;
      const char* text = lua_tolstring(lua, -1, &size);
      out.bulk({text, size});
      break;
    }
    case LUA_TNUMBER:
      out.integer(static_cast<std::int64_t>(lua_tonumber(lua, -1)));
      break;
    case LUA_TBOOLEAN:
      if (out.resp() == 3) {
        out.boolean(lua_toboolean(lua, -1));
      } else {
        lua_toboolean(lua, -1) ? out.integer(1) : out.null();
      }
      break;
    case LUA_TTABLE:
      write_table(lua, out, depth);
      break;
    default:
      out.null();
  }
  lua_pop(lua, 1);
}

}  // namespace

void push_reply(lua_State* lua, std::string_view resp) {
  if (resp.empty()) {
    lua_pushboolean(lua, 0);
    return;
  }
  push_one(lua, resp);
}

void write_lua_reply(lua_State* lua, Writer& out) {
  write_value(lua, out, 0);
}

}  // namespace node

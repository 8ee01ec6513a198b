#include "server/scripting/reply_convert.h"

#include <charconv>
#include <cstdlib>
#include <lua5.1/lua.hpp>
#include <string>

#include "server/keyspace/number.h"

namespace node {

namespace {

constexpr int kReplyDepthMax = 100;

void push_field(lua_State* lua, const char* name, std::string_view text) {
  lua_newtable(lua);
  lua_pushlstring(lua, text.data(), text.size());
  lua_setfield(lua, -2, name);
}

std::string_view push_one(lua_State* lua, std::string_view in) {
  const std::size_t end = in.find("\r\n");
  const std::string_view line = in.substr(1, end - 1);
  std::string_view rest = in.substr(end + 2);
  std::int64_t n = 0;
  std::from_chars(line.data(), line.data() + line.size(), n);
  luaL_checkstack(lua, 6, "reply nested too deeply");
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
    case '|':
      // An attribute: dropped with its pairs, what it tells about follows.
      for (std::int64_t i = 0; i < 2 * n; ++i) {
        rest = push_one(lua, rest);
        lua_pop(lua, 1);
      }
      return push_one(lua, rest);
    case '_':
      lua_pushnil(lua);
      return rest;
    case '#':
      lua_pushboolean(lua, line == "t");
      return rest;
    case ',':
      lua_newtable(lua);
      lua_pushnumber(lua, std::strtod(std::string(line).c_str(), nullptr));
      lua_setfield(lua, -2, "double");
      return rest;
    case '(':
      return push_field(lua, "big_number", line), rest;
    case '=': {
      const std::string_view text = rest.substr(0, static_cast<std::size_t>(n));
      lua_newtable(lua);
      lua_newtable(lua);
      lua_pushlstring(lua, text.data(), 3);
      lua_setfield(lua, -2, "format");
      lua_pushlstring(lua, text.data() + 4, text.size() - 4);
      lua_setfield(lua, -2, "string");
      lua_setfield(lua, -2, "verbatim_string");
      return rest.substr(text.size() + 2);
    }
    case '%':
    case '~': {
      // {map = {key = value, …}}, {set = {member = true, …}}
      lua_newtable(lua);
      lua_newtable(lua);
      for (std::int64_t i = 0; i < n; ++i) {
        rest = push_one(lua, rest);
        if (in[0] == '%')
          rest = push_one(lua, rest);
        else
          lua_pushboolean(lua, 1);
        lua_rawset(lua, -3);
      }
      lua_setfield(lua, -2, in[0] == '%' ? "map" : "set");
      return rest;
    }
    default:
      push_field(lua, in[0] == '-' ? "err" : "ok", line);
      if (in[0] == '-') {
        lua_pushboolean(lua, 1);
        lua_setfield(lua, -2, kCountedField);
      }
      return rest;
  }
}

void write_value(lua_State* lua, Writer& out, int script_resp, int depth);

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

std::string one_line(std::string text) {
  for (char& c : text)
    if (c == '\r' || c == '\n') c = ' ';
  return text;
}

/// {map = {…}} or {set = {…}}, the values of a set being of no account; false when the table on top is
/// neither.
bool aggregate_field(lua_State* lua, const char* name, Writer& out, int script_resp, int depth) {
  lua_pushstring(lua, name);
  lua_rawget(lua, -2);
  const bool present = lua_istable(lua, -1);
  const bool map = name[0] == 'm';
  if (present) {
    const std::size_t mark = out.mark();
    std::size_t n = 0;
    for (lua_pushnil(lua); lua_next(lua, -2); ++n) {
      lua_pushvalue(lua, -2);
      write_value(lua, out, script_resp, depth + 1);
      if (map)
        write_value(lua, out, script_resp, depth + 1);
      else
        lua_pop(lua, 1);
    }
    map ? out.wrap_map(mark, n) : out.wrap_set(mark, n);
  }
  lua_pop(lua, 1);
  return present;
}

bool verbatim_field(lua_State* lua, Writer& out) {
  lua_pushstring(lua, "verbatim_string");
  lua_rawget(lua, -2);
  std::string format, text;
  const bool present = lua_istable(lua, -1) && text_field(lua, "format", format) &&
                       text_field(lua, "string", text) && format.size() == 3;
  if (present) out.verbatim(text, format);
  lua_pop(lua, 1);
  return present;
}

void write_table(lua_State* lua, Writer& out, int script_resp, int depth) {
  std::string text;
  if (text_field(lua, "err", text)) return out.error(text);
  if (text_field(lua, "ok", text)) {
    return out.status(one_line(text));
  }
  lua_pushstring(lua, "double");
  lua_rawget(lua, -2);
  const bool is_double = lua_type(lua, -1) == LUA_TNUMBER;
  if (is_double) out.real(lua_tonumber(lua, -1));
  lua_pop(lua, 1);
  if (is_double) return;
  if (text_field(lua, "big_number", text))
    return out.resp() == 3 ? out.raw("(" + one_line(text) + "\r\n") : out.bulk(one_line(text));
  if (aggregate_field(lua, "map", out, script_resp, depth) ||
      aggregate_field(lua, "set", out, script_resp, depth) || verbatim_field(lua, out))
    return;
  const std::size_t mark = out.mark();
  std::size_t n = 0;
  for (int i = 1;; ++i) {
    lua_rawgeti(lua, -1, i);
    if (lua_isnil(lua, -1)) {
      lua_pop(lua, 1);
      break;
    }
    write_value(lua, out, script_resp, depth + 1);
    ++n;
  }
  out.wrap_array(mark, n);
}

/// Pops the value.
void write_value(lua_State* lua, Writer& out, int script_resp, int depth) {
  if (depth > kReplyDepthMax || !lua_checkstack(lua, 8)) {
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
      // In the script's own protocol: only one that chose RESP3 tells false from null.
      if (script_resp == 3) {
        out.boolean(lua_toboolean(lua, -1));
      } else {
        lua_toboolean(lua, -1) ? out.integer(1) : out.null();
      }
      break;
    case LUA_TTABLE:
      write_table(lua, out, script_resp, depth);
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

void write_lua_reply(lua_State* lua, Writer& out, int script_resp) {
  write_value(lua, out, script_resp, 0);
}

}  // namespace node

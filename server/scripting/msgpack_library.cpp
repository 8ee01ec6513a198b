#include "server/scripting/msgpack_library.h"

#include <climits>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <lua5.1/lua.hpp>
#include <new>
#include <string>
#include <type_traits>

namespace node {

namespace {

/// Tables nested deeper are written as nil, which ends circles.
constexpr int kNestingMax = 16;
constexpr std::size_t kPackedBytesMax = std::size_t{1} << 29;
constexpr const char* kBuffer = "node.msgpack";  ///< metatable, in the registry

// ---- writing
// --------------------------------------------------------------------------------------------------------

int free_buffer(lua_State* lua) {
  static_cast<std::string*>(lua_touserdata(lua, 1))->~basic_string();
  return 0;
}

/// A string that Lua frees, whatever error ends the function.
std::string& push_buffer(lua_State* lua) {
  void* memory = lua_newuserdata(lua, sizeof(std::string));
  auto* buffer = new (memory) std::string;
  luaL_getmetatable(lua, kBuffer);
  lua_setmetatable(lua, -2);
  return *buffer;
}

struct Packer {
  lua_State* lua;
  std::string& out;

  void byte(unsigned value) { out.push_back(static_cast<char>(value)); }
  void big(std::uint64_t value, int bytes) {
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
      byte(static_cast<unsigned>(value >> shift & 0xff));
  }

  void integer(std::int64_t n) {
    const auto bits = static_cast<std::uint64_t>(n);
    if (n >= -32 && n <= 127) return byte(static_cast<unsigned>(bits & 0xff));
    if (n >= 0) {
      const int log = n <= UINT8_MAX ? 0 : n <= UINT16_MAX ? 1 : n <= UINT32_MAX ? 2 : 3;
      byte(0xcc + static_cast<unsigned>(log));
      return big(bits, 1 << log);
    }
    const int log = n >= INT8_MIN ? 0 : n >= INT16_MIN ? 1 : n >= INT32_MIN ? 2 : 3;
    byte(0xd0 + static_cast<unsigned>(log));
    big(bits, 1 << log);
  }

  void number(double n) {
    if (n >= -9223372036854775808.0 && n < 9223372036854775808.0 && n == std::trunc(n))
      return integer(static_cast<std::int64_t>(n));
    const auto narrow = static_cast<float>(n);
    if (static_cast<double>(narrow) == n) {
      std::uint32_t bits = 0;
      std::memcpy(&bits, &narrow, sizeof bits);
      byte(0xca);
      return big(bits, 4);
    }
    std::uint64_t bits = 0;
    std::memcpy(&bits, &n, sizeof bits);
    byte(0xcb);
    big(bits, 8);
  }

  void text(const char* bytes, std::size_t size) {
    if (size < 32) {
      byte(0xa0 | static_cast<unsigned>(size));
    } else {
      const int log = size <= UINT8_MAX ? 0 : size <= UINT16_MAX ? 1 : 2;
      byte(0xd9 + static_cast<unsigned>(log));
      big(size, 1 << log);
    }
    if (size > kPackedBytesMax || out.size() > kPackedBytesMax)
      luaL_error(lua, "MessagePack output is too long");
    out.append(bytes, size);
  }

  /// `fixed`, and `wide` with 16 bits; 32 bits come after it.
  void count(std::size_t n, unsigned fixed, unsigned wide) {
    if (n < 16) return byte(fixed | static_cast<unsigned>(n));
    byte(n <= UINT16_MAX ? wide : wide + 1);
    big(n, n <= UINT16_MAX ? 2 : 4);
  }

  /// Whether the table on top has the keys 1 to n and no other; counts its entries.
  bool is_array(std::size_t& n) {
    double highest = 0;
    bool array = true;
    n = 0;
    for (lua_pushnil(lua); lua_next(lua, -2); ++n) {
      lua_pop(lua, 1);
      const double key = lua_type(lua, -1) == LUA_TNUMBER ? lua_tonumber(lua, -1) : 0;
      array = array && key > 0 && key <= INT_MAX && key == std::trunc(key);
      if (key > highest) highest = key;
    }
    return array && highest == static_cast<double>(n);
  }

  void table(int depth) {
    luaL_checkstack(lua, 5, "in MessagePack");
    std::size_t n = 0;
    if (is_array(n)) {
      count(n, 0x90, 0xdc);
      for (std::size_t i = 1; i <= n; ++i) {
        lua_rawgeti(lua, -1, static_cast<int>(i));
        value(depth + 1);
      }
      return;
    }
    count(n, 0x80, 0xde);
    for (lua_pushnil(lua); lua_next(lua, -2);) {
      lua_pushvalue(lua, -2);
      value(depth + 1);
      value(depth + 1);
    }
  }

  /// Pops it.
  void value(int depth) {
    if (out.size() > kPackedBytesMax) luaL_error(lua, "MessagePack output is too long");
    switch (lua_type(lua, -1)) {
      case LUA_TSTRING: {
        std::size_t size = 0;
        const char* bytes = lua_tolstring(lua, -1, &size);
        text(bytes, size);
        break;
      }
      case LUA_TBOOLEAN:
        byte(lua_toboolean(lua, -1) ? 0xc3 : 0xc2);
        break;
      case LUA_TNUMBER:
        number(lua_tonumber(lua, -1));
        break;
      case LUA_TTABLE:
        depth < kNestingMax ? table(depth) : byte(0xc0);
        break;
      default:
        byte(0xc0);
    }
    lua_pop(lua, 1);
  }
};
static_assert(std::is_trivially_destructible_v<Packer>, "Lua errors jump over it");

/// The values of all arguments, one after the other.
int pack(lua_State* lua) {
  const int arguments = lua_gettop(lua);
  if (arguments == 0) return luaL_argerror(lua, 0, "MessagePack pack needs input.");
  luaL_checkstack(lua, 5, "in MessagePack");
  Packer packer{lua, push_buffer(lua)};
  for (int i = 1; i <= arguments; ++i) {
    lua_pushvalue(lua, i);
    packer.value(0);
  }
  lua_pushlstring(lua, packer.out.data(), packer.out.size());
  return 1;
}

// ---- reading
// --------------------------------------------------------------------------------------------------------

struct Unpacker {
  lua_State* lua;
  const unsigned char* at;
  std::size_t left;

  const unsigned char* take(std::size_t size) {
    if (left < size) luaL_error(lua, "Missing bytes in input.");
    const unsigned char* bytes = at;
    at += size;
    left -= size;
    return bytes;
  }
  std::uint64_t big(int bytes) {
    std::uint64_t value = 0;
    for (const unsigned char* p = take(static_cast<std::size_t>(bytes)); bytes; --bytes)
      value = value << 8 | *p++;
    return value;
  }

  void text(std::size_t size) {
    const unsigned char* bytes = take(size);
    lua_pushlstring(lua, reinterpret_cast<const char*>(bytes), size);
  }
  /// Nothing is set aside for the count, which may lie: each element takes a byte of the input.
  void array(std::size_t n) {
    lua_newtable(lua);
    for (std::size_t i = 1; i <= n; ++i) {
      lua_pushnumber(lua, static_cast<double>(i));
      value();
      lua_rawset(lua, -3);
    }
  }
  void map(std::size_t n) {
    lua_newtable(lua);
    for (; n; --n) {
      value();
      value();
      lua_rawset(lua, -3);
    }
  }

  /// Pushes one value. Lua's own limit of its stack ends the recursion.
  void value() {
    luaL_checkstack(lua, 4, "too many return values at once; use unpack_one or unpack_limit instead.");
    const unsigned type = *take(1);
    if (type < 0x80) return lua_pushnumber(lua, type);
    if (type < 0x90) return map(type & 0xf);
    if (type < 0xa0) return array(type & 0xf);
    if (type < 0xc0) return text(type & 0x1f);
    if (type >= 0xe0) return lua_pushnumber(lua, static_cast<std::int8_t>(type));
    switch (type) {
      case 0xc0:
        return lua_pushnil(lua);
      case 0xc2:
      case 0xc3:
        return lua_pushboolean(lua, type == 0xc3);
      case 0xca: {
        const auto bits = static_cast<std::uint32_t>(big(4));
        float number = 0;
        std::memcpy(&number, &bits, sizeof number);
        return lua_pushnumber(lua, static_cast<double>(number));
      }
      case 0xcb: {
        const std::uint64_t bits = big(8);
        double number = 0;
        std::memcpy(&number, &bits, sizeof number);
        return lua_pushnumber(lua, number);
      }
      case 0xcc:
      case 0xcd:
      case 0xce:
      case 0xcf:  // Lua 5.1 has this one signed too, and scripts know it so
        return lua_pushnumber(lua, static_cast<double>(static_cast<std::int64_t>(big(1 << (type - 0xcc)))));
      case 0xd0:
        return lua_pushnumber(lua, static_cast<std::int8_t>(big(1)));
      case 0xd1:
        return lua_pushnumber(lua, static_cast<std::int16_t>(big(2)));
      case 0xd2:
        return lua_pushnumber(lua, static_cast<std::int32_t>(big(4)));
      case 0xd3:
        return lua_pushnumber(lua, static_cast<double>(static_cast<std::int64_t>(big(8))));
      case 0xd9:
      case 0xda:
      case 0xdb:
        return text(big(1 << (type - 0xd9)));
      case 0xdc:
      case 0xdd:
        return array(big(type == 0xdc ? 2 : 4));
      case 0xde:
      case 0xdf:
        return map(big(type == 0xde ? 2 : 4));
      default:
        luaL_error(lua, "Bad data format in input.");
    }
  }
};
static_assert(std::is_trivially_destructible_v<Unpacker>, "Lua errors jump over it");

/// Values from `offset` on, as many as `limit`; with neither all of them, and no offset before them.
int unpack_some(lua_State* lua, lua_Integer limit, lua_Integer offset) {
  std::size_t size = 0;
  const char* bytes = luaL_checklstring(lua, 1, &size);
  if (offset < 0 || limit < 0)
    return luaL_error(lua, "Invalid request to unpack with offset of %d and limit of %d.",
                      static_cast<int>(offset), static_cast<int>(size));
  if (static_cast<std::size_t>(offset) > size)
    return luaL_error(lua, "Start offset %d greater than input length %d.", static_cast<int>(offset),
                      static_cast<int>(size));
  const bool all = limit == 0 && offset == 0;
  if (all) limit = INT_MAX;
  Unpacker unpacker{lua, reinterpret_cast<const unsigned char*>(bytes) + offset,
                    size - static_cast<std::size_t>(offset)};
  int results = 0;
  for (; unpacker.left > 0 && results < limit; ++results) unpacker.value();
  if (all) return results;
  luaL_checkstack(lua, 1, "in MessagePack");
  lua_pushinteger(lua, unpacker.left == 0 ? -1 : static_cast<lua_Integer>(size - unpacker.left));
  lua_insert(lua, 2);
  return results + 1;
}

int unpack(lua_State* lua) {
  return unpack_some(lua, 0, 0);
}

int unpack_one(lua_State* lua) {
  const lua_Integer offset = luaL_optinteger(lua, 2, 0);
  lua_settop(lua, 1);
  return unpack_some(lua, 1, offset);
}

int unpack_limit(lua_State* lua) {
  const lua_Integer limit = luaL_checkinteger(lua, 2);
  const lua_Integer offset = luaL_optinteger(lua, 3, 0);
  lua_settop(lua, 1);
  return unpack_some(lua, limit, offset);
}

}  // namespace

void open_msgpack_library(lua_State* lua) {
  luaL_newmetatable(lua, kBuffer);
  lua_pushcfunction(lua, free_buffer);
  lua_setfield(lua, -2, "__gc");
  lua_pop(lua, 1);
  constexpr luaL_Reg functions[] = {
      {"pack", pack}, {"unpack", unpack}, {"unpack_one", unpack_one}, {"unpack_limit", unpack_limit}};
  lua_newtable(lua);
  for (const luaL_Reg& f : functions) {
    lua_pushcfunction(lua, f.func);
    lua_setfield(lua, -2, f.name);
  }
  lua_pushliteral(lua, "cmsgpack");
  lua_setfield(lua, -2, "_NAME");
  lua_setglobal(lua, "cmsgpack");
}

}  // namespace node

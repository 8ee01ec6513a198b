#include "server/scripting/bit_library.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <functional>
#include <lua5.1/lua.hpp>
#include <string>

namespace node {

namespace {

/// A number modulo 2^32.
std::uint32_t argument(lua_State* lua, int at) {
  const double whole = std::nearbyint(luaL_checknumber(lua, at));
  if (!std::isfinite(whole)) return 0;
  const double rest = std::fmod(whole, 4294967296.0);
  return static_cast<std::uint32_t>(static_cast<std::int64_t>(rest));
}

int answer(lua_State* lua, std::uint32_t value) {
  lua_pushnumber(lua, static_cast<std::int32_t>(value));
  return 1;
}

template <class Combine>
int fold(lua_State* lua, Combine combine) {
  std::uint32_t value = argument(lua, 1);
  for (int i = 2; i <= lua_gettop(lua); ++i) value = combine(value, argument(lua, i));
  return answer(lua, value);
}

int tobit(lua_State* lua) {
  return answer(lua, argument(lua, 1));
}
int bnot(lua_State* lua) {
  return answer(lua, ~argument(lua, 1));
}
int bswap(lua_State* lua) {
  return answer(lua, __builtin_bswap32(argument(lua, 1)));
}
int band(lua_State* lua) {
  return fold(lua, std::bit_and<>());
}
int bor(lua_State* lua) {
  return fold(lua, std::bit_or<>());
}
int bxor(lua_State* lua) {
  return fold(lua, std::bit_xor<>());
}
int lshift(lua_State* lua) {
  return answer(lua, argument(lua, 1) << (argument(lua, 2) & 31));
}
int rshift(lua_State* lua) {
  return answer(lua, argument(lua, 1) >> (argument(lua, 2) & 31));
}
int arshift(lua_State* lua) {
  return answer(lua, static_cast<std::uint32_t>(static_cast<std::int32_t>(argument(lua, 1)) >>
                                                (argument(lua, 2) & 31)));
}
int rol(lua_State* lua) {
  return answer(lua, std::rotl(argument(lua, 1), static_cast<int>(argument(lua, 2) & 31)));
}
int ror(lua_State* lua) {
  return answer(lua, std::rotr(argument(lua, 1), static_cast<int>(argument(lua, 2) & 31)));
}

/// tohex(x, n): |n| digits, in capitals when n is negative.
int tohex(lua_State* lua) {
  const std::uint32_t value = argument(lua, 1);
  const auto n = lua_isnone(lua, 2) ? std::int64_t{8} : static_cast<std::int32_t>(argument(lua, 2));
  const char* digits = n < 0 ? "0123456789ABCDEF" : "0123456789abcdef";
  const int count = static_cast<int>(n < -8 || n > 8 ? 8 : n < 0 ? -n : n);
  char text[8];
  for (int i = 0; i < count; ++i) text[i] = digits[value >> (4 * (count - 1 - i)) & 15];
  lua_pushlstring(lua, text, static_cast<std::size_t>(count));
  return 1;
}

}  // namespace

void open_bit_library(lua_State* lua) {
  constexpr luaL_Reg functions[] = {{"tobit", tobit},   {"tohex", tohex},   {"bnot", bnot},
                                    {"band", band},     {"bor", bor},       {"bxor", bxor},
                                    {"lshift", lshift}, {"rshift", rshift}, {"arshift", arshift},
                                    {"rol", rol},       {"ror", ror},       {"bswap", bswap}};
  lua_newtable(lua);
  for (const luaL_Reg& f : functions) {
    lua_pushcfunction(lua, f.func);
    lua_setfield(lua, -2, f.name);
  }
  lua_setglobal(lua, "bit");
}

}  // namespace node

#include "server/scripting/struct_library.h"

#include <algorithm>
#include <bit>
#include <cctype>
#include <climits>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <lua5.1/lua.hpp>

namespace node {

namespace {

constexpr int kIntegerBytesMax = 32;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Walks over a format. Plain values only: a Lua error may end any of its functions.
class Format {
 public:
  Format(lua_State* lua, const char* text) : lua_(lua), at_(text) {}

  bool next() {
    if (*at_ == '\0') return false;
    option_ = *at_++;
    size_ = size_of_option();
    return true;
  }
  char option() const { return option_; }
  std::size_t size() const { return size_; }
  bool big_endian() const { return big_endian_; }

  /// Padding before the option's value at this position.
  std::size_t padding(std::size_t position) const {
    if (size_ == 0 || option_ == 'c') return 0;
    const std::size_t unit = std::min(size_, align_);
    return (unit - (position & (unit - 1))) & (unit - 1);
  }

  /// For an option that is no value.
  void control() {
    switch (option_) {
      case ' ':
        return;
      case '>':
        big_endian_ = true;
        return;
      case '<':
        big_endian_ = false;
        return;
      case '!': {
        const int align = number(alignof(double));
        if (!std::has_single_bit(static_cast<unsigned>(align)))
          luaL_error(lua_, "alignment %d is not a power of 2", align);
        align_ = static_cast<std::size_t>(align);
        return;
      }
      default:
        luaL_argerror(lua_, 1, lua_pushfstring(lua_, "invalid format option '%c'", option_));
    }
  }

 private:
  int number(int otherwise) {
    if (!is_digit(*at_)) return otherwise;
    int n = 0;
    for (; is_digit(*at_); ++at_) {
      const int digit = *at_ - '0';
      if (n > (INT_MAX - digit) / 10) luaL_error(lua_, "integral size overflow");
      n = n * 10 + digit;
    }
    return n;
  }

  std::size_t size_of_option() {
    switch (option_) {
      case 'b':
      case 'B':
      case 'x':
        return 1;
      case 'h':
      case 'H':
        return sizeof(short);
      case 'l':
      case 'L':
        return sizeof(long);
      case 'T':
        return sizeof(std::size_t);
      case 'f':
        return sizeof(float);
      case 'd':
        return sizeof(double);
      case 'c':
        return static_cast<std::size_t>(number(1));
      case 'i':
      case 'I': {
        const int size = number(sizeof(int));
        if (size > kIntegerBytesMax)
          luaL_error(lua_, "integral size %d is larger than limit of %d", size, kIntegerBytesMax);
        return static_cast<std::size_t>(size);
      }
      default:
        return 0;
    }
  }

  lua_State* lua_;
  const char* at_;
  char option_ = 0;
  std::size_t size_ = 0, align_ = 1;
  bool big_endian_ = false;
};

bool is_integer(char option) {
  return option != '\0' && std::strchr("bBhHlLTiI", option) != nullptr;
}

/// A number's low 64 bits; of what fits nowhere, what x86 makes of it.
std::uint64_t to_bits(double n) {
  constexpr double kHalf = 9223372036854775808.0;
  if (std::isnan(n) || n < -kHalf) return std::uint64_t{1} << 63;
  if (n < 0) return static_cast<std::uint64_t>(static_cast<std::int64_t>(n));
  return n < 2 * kHalf ? static_cast<std::uint64_t>(n) : 0;
}

void add_integer(luaL_Buffer* out, double n, const Format& format) {
  char bytes[kIntegerBytesMax] = {};
  std::uint64_t bits = to_bits(n);
  const std::size_t size = format.size();
  for (std::size_t i = 0; i < size; ++i, bits >>= 8)
    bytes[format.big_endian() ? size - 1 - i : i] = static_cast<char>(bits);
  luaL_addlstring(out, bytes, size);
}

double read_integer(const char* bytes, const Format& format) {
  std::uint64_t bits = 0;
  const std::size_t size = format.size();
  for (std::size_t i = 0; i < size; ++i) {
    const char byte = bytes[format.big_endian() ? i : size - 1 - i];
    bits = bits << 8 | static_cast<unsigned char>(byte);
  }
  const bool is_signed = std::islower(static_cast<unsigned char>(format.option())) != 0;
  if (!is_signed) return static_cast<double>(bits);
  if (size > 0 && size < 8 && bits >> (8 * size - 1) & 1) bits |= ~std::uint64_t{0} << (8 * size);
  return static_cast<double>(static_cast<std::int64_t>(bits));
}

template <class Float>
void add_float(luaL_Buffer* out, Float value, const Format& format) {
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  if (format.big_endian()) std::reverse(bytes, bytes + sizeof value);
  luaL_addlstring(out, bytes, sizeof value);
}

template <class Float>
Float read_float(const char* from, const Format& format) {
  char bytes[sizeof(Float)];
  std::memcpy(bytes, from, sizeof bytes);
  if (format.big_endian()) std::reverse(bytes, bytes + sizeof bytes);
  Float value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

int struct_pack(lua_State* lua) {
  Format format(lua, luaL_checkstring(lua, 1));
  luaL_Buffer out;
  int arg = 2;
  std::size_t total = 0;
  lua_pushnil(lua);  // between the arguments and the buffer's pieces
  luaL_buffinit(lua, &out);
  while (format.next()) {
    std::size_t size = format.size();
    for (std::size_t n = format.padding(total); n; --n, ++total) luaL_addchar(&out, '\0');
    const char option = format.option();
    if (is_integer(option)) {
      add_integer(&out, luaL_checknumber(lua, arg++), format);
    } else if (option == 'x') {
      luaL_addchar(&out, '\0');
    } else if (option == 'f') {
      add_float(&out, static_cast<float>(luaL_checknumber(lua, arg++)), format);
    } else if (option == 'd') {
      add_float(&out, static_cast<double>(luaL_checknumber(lua, arg++)), format);
    } else if (option == 'c' || option == 's') {
      std::size_t length = 0;
      const char* text = luaL_checklstring(lua, arg++, &length);
      if (size == 0) size = length;
      luaL_argcheck(lua, length >= size, arg, "string too short");
      luaL_addlstring(&out, text, size);
      if (option == 's') {
        luaL_addchar(&out, '\0');
        ++size;
      }
    } else {
      format.control();
    }
    total += size;
  }
  luaL_pushresult(&out);
  return 1;
}

int struct_unpack(lua_State* lua) {
  Format format(lua, luaL_checkstring(lua, 1));
  std::size_t length = 0;
  const char* data = luaL_checklstring(lua, 2, &length);
  const lua_Integer from = luaL_optinteger(lua, 3, 1);
  luaL_argcheck(lua, from != 0, 3, "offset must be 1 or greater");
  std::size_t at = static_cast<std::size_t>(from) - 1;
  int results = 0;
  auto need = [&](std::size_t size) {
    luaL_argcheck(lua, size <= length && at <= length - size, 2, "data string too short");
  };
  while (format.next()) {
    std::size_t size = format.size();
    at += format.padding(at);
    need(size);
    luaL_checkstack(lua, 2, "too many results");
    const char option = format.option();
    if (is_integer(option)) {
      lua_pushnumber(lua, read_integer(data + at, format)), ++results;
    } else if (option == 'x') {
      // a byte of no meaning
    } else if (option == 'f') {
      lua_pushnumber(lua, static_cast<double>(read_float<float>(data + at, format))), ++results;
    } else if (option == 'd') {
      lua_pushnumber(lua, read_float<double>(data + at, format)), ++results;
    } else if (option == 'c') {
      if (size == 0) {
        if (results == 0 || !lua_isnumber(lua, -1)) luaL_error(lua, "format 'c0' needs a previous size");
        const double wanted = lua_tonumber(lua, -1);
        lua_pop(lua, 1), --results;
        size = wanted > -1 && wanted < 9e18 ? static_cast<std::size_t>(wanted) : SIZE_MAX;
        need(size);
      }
      lua_pushlstring(lua, data + at, size), ++results;
    } else if (option == 's') {
      const void* end = std::memchr(data + at, '\0', length - at);
      if (!end) luaL_error(lua, "unfinished string in data");
      size = static_cast<std::size_t>(static_cast<const char*>(end) - (data + at)) + 1;
      lua_pushlstring(lua, data + at, size - 1), ++results;
    } else {
      format.control();
    }
    at += size;
  }
  lua_pushinteger(lua, static_cast<lua_Integer>(at + 1));
  return results + 1;
}

int size(lua_State* lua) {
  Format format(lua, luaL_checkstring(lua, 1));
  std::size_t at = 0;
  while (format.next()) {
    at += format.padding(at);
    if (format.option() == 's') return luaL_argerror(lua, 1, "option 's' has no fixed size");
    if (format.option() == 'c' && format.size() == 0)
      return luaL_argerror(lua, 1, "option 'c0' has no fixed size");
    if (!std::isalnum(static_cast<unsigned char>(format.option()))) format.control();
    at += format.size();
  }
  lua_pushinteger(lua, static_cast<lua_Integer>(at));
  return 1;
}

}  // namespace

void open_struct_library(lua_State* lua) {
  constexpr luaL_Reg functions[] = {{"pack", struct_pack}, {"unpack", struct_unpack}, {"size", size}};
  lua_newtable(lua);
  for (const luaL_Reg& f : functions) {
    lua_pushcfunction(lua, f.func);
    lua_setfield(lua, -2, f.name);
  }
  lua_setglobal(lua, "struct");
}

}  // namespace node

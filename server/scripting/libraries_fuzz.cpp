/// Any bytes as MessagePack, JSON, a struct with its format, and as the header of a script and of a library:
/// values or a Lua error. What is unpacked packs again.
#include <cstddef>
#include <cstdint>
#include <lua5.1/lua.hpp>
#include <string_view>

#include "server/scripting/library_set.h"
#include "server/scripting/sandbox.h"
#include "server/scripting/script_flags.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace node;
  constexpr const char* kCode = R"(
    local bytes, format = ...
    pcall(function() cmsgpack.pack(cmsgpack.unpack(bytes)) end)
    pcall(function() cjson.encode(cjson.decode(bytes)) end)
    pcall(function() struct.pack(format, struct.unpack(format, bytes)) end)
    pcall(struct.size, format)
  )";
  static const LuaState state = open_lua();
  lua_State* lua = state.get();
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  ScriptHeader script;
  parse_script_header(input, script);
  LibraryHeader library;
  parse_library_header(input, library);
  const std::size_t cut = size ? data[0] % size : 0;
  lua_settop(lua, 0);
  if (luaL_loadstring(lua, kCode) != 0) return 0;
  lua_pushlstring(lua, input.data() + cut, size - cut);
  lua_pushlstring(lua, input.data(), cut);
  lua_pcall(lua, 2, 0, 0);
  return 0;
}

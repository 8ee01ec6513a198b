/// The libraries of scripts without a server: whatever is written is read back, and whatever is read ends in
/// values or in a Lua error. (What they answer is compared with redis-server in
/// tests/testdata/lua_libraries.txt.)
#include <catch2/catch.hpp>
#include <cstdlib>
#include <lua5.1/lua.hpp>
#include <random>
#include <string>

#include "server/scripting/library_set.h"
#include "server/scripting/sandbox.h"
#include "server/scripting/script_flags.h"

using namespace node;

namespace {

std::uint64_t seed() {
  const char* text = std::getenv("HARNESS_TEST_SEED");
  return text ? std::strtoull(text, nullptr, 10) : 1;
}

/// Runs code with an argument; its first result as text, or "error: " and why.
std::string run(lua_State* lua, const std::string& code, const std::string& argument = "") {
  lua_settop(lua, 0);
  REQUIRE(luaL_loadstring(lua, code.c_str()) == 0);
  lua_pushlstring(lua, argument.data(), argument.size());
  const int failed = lua_pcall(lua, 1, 1, 0);
  std::size_t size = 0;
  if (lua_isboolean(lua, -1)) return lua_toboolean(lua, -1) ? "true" : "false";
  const char* text = lua_tolstring(lua, -1, &size);
  return (failed ? "error: " : "") + (text ? std::string(text, size) : luaL_typename(lua, -1));
}

/// Values that survive a way through a format: no nil in tables, no NaN.
constexpr const char* kRandomValues = R"(
local random = math.random
function random_text()
  local bytes = {}
  for i = 1, random(0, 40) do bytes[i] = string.char(random(0, 255)) end
  return table.concat(bytes)
end
function random_value(depth)
  local kind = random(1, depth < 5 and 8 or 6)
  if kind == 1 then return random() < 0.5 end
  if kind == 2 then return random(-100, 300) end
  if kind == 3 then return random(-2^31, 2^31 - 1) * random(1, 2^20) end
  if kind == 4 then return (random() - 0.5) * 10 ^ random(-20, 20) end
  if kind <= 6 then return random_text() end
  local t = {}
  for i = 1, random(0, 20) do t[kind == 7 and i or random_text()] = random_value(depth + 1) end
  return t
end
function same(a, b)
  if type(a) ~= 'table' or type(b) ~= 'table' then return a == b end
  for k, v in pairs(a) do if not same(v, b[k]) then return false end end
  for k in pairs(b) do if a[k] == nil then return false end end
  return true
end
)";

LuaState lua_with_values() {
  LuaState lua = open_lua();
  run(lua.get(), kRandomValues);
  run(lua.get(), "math.randomseed(" + std::to_string(seed() % 1000000) + ")");
  return lua;
}

}  // namespace

TEST_CASE("what cmsgpack packs it unpacks, one value or several") {
  const LuaState lua = lua_with_values();
  INFO("HARNESS_TEST_SEED=" << seed());
  CHECK(run(lua.get(), R"(
    for round = 1, 3000 do
      local a, b = random_value(0), random_value(0)
      local bytes = cmsgpack.pack(a, b)
      local x, y = cmsgpack.unpack(bytes)
      if not same(a, x) or not same(b, y) then return 'round ' .. round end
      local at, first = cmsgpack.unpack_one(bytes)
      local rest, second = cmsgpack.unpack_one(bytes, at)
      if not same(a, first) or not same(b, second) or rest ~= -1 then return 'one by one, round ' .. round end
      -- Every shorter text is missed, never misread past its end.
      local cut = string.sub(bytes, 1, math.random(0, #bytes - 1))
      if at <= #cut and not same(a, (cmsgpack.unpack_limit(cut, 1, 0)) and select(2, cmsgpack.unpack_one(cut))) then
        return 'cut, round ' .. round
      end
      pcall(cmsgpack.unpack, cut)
    end
    return 'fine')") == "fine");
}

TEST_CASE("what struct packs it unpacks") {
  const LuaState lua = lua_with_values();
  INFO("HARNESS_TEST_SEED=" << seed());
  CHECK(run(lua.get(), R"(
    local widths = { b = 1, B = 1, h = 2, H = 2, i3 = 3, I3 = 3, i = 4, I = 4, i5 = 5, I5 = 5, l = 8, L = 8, T = 8 }
    local names = {}
    for name in pairs(widths) do names[#names + 1] = name end
    for round = 1, 3000 do
      local format, values = { ({ '<', '>', '', '!4', '!8>' })[math.random(1, 5)] }, {}
      for i = 1, math.random(1, 8) do
        local kind = math.random(1, #names + 3)
        if kind <= #names then
          local name = names[kind]
          local bits = math.min(8 * widths[name], 53)
          local n = math.floor(math.random() * 2 ^ (bits - 1))
          if name:match('%l') and math.random() < 0.5 then n = -n end
          format[#format + 1], values[i] = name, n
        elseif kind == #names + 1 then
          format[#format + 1], values[i] = 'd', math.random() * 10 ^ math.random(-300, 300)
        elseif kind == #names + 2 then
          format[#format + 1], values[i] = 's', (random_text():gsub('%z', ''))
        else
          local text = random_text() .. 'x'
          format[#format + 1], values[i] = 'c' .. #text, text
        end
      end
      format = table.concat(format, ' ')
      local bytes = struct.pack(format, unpack(values))
      local read = { struct.unpack(format, bytes) }
      if read[#values + 1] ~= #bytes + 1 then return 'length of ' .. format end
      for i = 1, #values do if read[i] ~= values[i] then return 'value ' .. i .. ' of ' .. format end end
      if pcall(struct.unpack, format, string.sub(bytes, 1, #bytes - 1)) then return 'cut ' .. format end
    end
    return 'fine')") == "fine");
}

TEST_CASE("what cjson encodes it decodes") {
  const LuaState lua = lua_with_values();
  CHECK(run(lua.get(), R"(
    cjson.encode_number_precision(14)
    for round = 1, 1000 do
      local value = { text = random_text(), list = { 1, 2, random_text() }, number = math.random(-2^31, 2^31 - 1) }
      if not same(value, cjson.decode(cjson.encode(value))) then return 'round ' .. round end
    end
    return 'fine')") == "fine");
}

TEST_CASE("any bytes end in values or in an error") {
  const LuaState lua = open_lua();
  std::mt19937_64 random(seed());
  INFO("HARNESS_TEST_SEED=" << seed());
  constexpr std::string_view options = "bBhHlLTfdxciIs<>! 0123456789z";
  for (int round = 0; round < 20000; ++round) {
    std::string bytes(random() % 40, '\0'), format(random() % 10, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    for (char& c : format) c = options[random() % options.size()];
    run(lua.get(), "return cmsgpack.unpack(...)", bytes);
    run(lua.get(), "return cmsgpack.unpack_limit(..., 3, 1)", bytes);
    run(lua.get(), "return cjson.decode(...)", bytes);
    run(lua.get(), "return struct.unpack('" + format + "', ...)", bytes);
    run(lua.get(), "return struct.pack('" + format + "', ..., 1, 2, 3, 4, 5)", bytes);
    run(lua.get(), "return struct.size('" + format + "')", bytes);
  }
}

TEST_CASE("deep, circular and huge values end in an error or in something finite") {
  const LuaState state = open_lua();
  lua_State* lua = state.get();
  // A million arrays and maps within each other.
  CHECK(run(lua, "return cmsgpack.unpack(string.rep('\\145', 1000000))").find("stack overflow") !=
        std::string::npos);
  CHECK(run(lua, "return cmsgpack.unpack(string.rep('\\129', 1000000))").find("stack overflow") !=
        std::string::npos);
  CHECK(run(lua, "return cjson.decode(string.rep('[', 1000000))").starts_with("error: "));
  // Counts of billions, with nothing behind them.
  CHECK(run(lua, "return cmsgpack.unpack('\\221\\255\\255\\255\\255')").find("Missing bytes in input.") !=
        std::string::npos);
  CHECK(run(lua, "return cmsgpack.unpack('\\223\\255\\255\\255\\255')").find("Missing bytes in input.") !=
        std::string::npos);
  CHECK(run(lua, "return cmsgpack.unpack('\\219\\255\\255\\255\\255')").find("Missing bytes in input.") !=
        std::string::npos);
  // Tables in themselves.
  CHECK(run(lua, "local t = {} t[1] = t return #cmsgpack.pack(t)") == "17");
  CHECK(run(lua, "local t = {} t.x = t t.y = t return #cmsgpack.pack(t) < 1000000") == "true");
  CHECK(run(lua, "local t = {} t[1] = t return cjson.encode(t)").find("Cannot serialise") !=
        std::string::npos);
  // Small in memory, without end as text.
  const std::string doubling = "local t = {1} for i = 1, 60 do t = {t, t} end ";
  CHECK(run(lua, doubling + "return cjson.encode(t)").find("would be too long") != std::string::npos);
  CHECK(run(lua, "cjson.encode_sparse_array(false, 0) return cjson.encode({[2147483647] = 1})")
            .find("would be too long") != std::string::npos);
  CHECK(run(lua, "local j = cjson.new() return j.encode({[2147483647] = 1})").starts_with("error: "));
}

TEST_CASE("headers of scripts and libraries") {
  ScriptHeader script;
  CHECK(!parse_script_header("return 1", script));
  CHECK(!script.flags);
  CHECK(!parse_script_header("#!lua flags=no-writes,allow-oom\nx", script));
  CHECK(script.flags == (script_flag::no_writes | script_flag::allow_oom));
  CHECK(script.size == 31);
  CHECK(parse_script_header("#!lua flags=no-writes", script) == "Invalid script shebang");
  LibraryHeader library;
  CHECK(!parse_library_header("#!lua name=a_1\nx", library));
  CHECK(library.name == "a_1");
  CHECK(library.engine == "lua");
  CHECK(parse_library_header("#!lua\nx", library) == "Library name was not given");
  CHECK(good_function_name("a_B9"));
  CHECK(!good_function_name("a-b"));
  CHECK(!good_function_name(std::string_view("a\0b", 3)));
}

TEST_CASE("sealed globals: nothing of a script stays, by whatever function it tries") {
  const LuaState state = open_lua();
  lua_State* lua = state.get();
  lua_newtable(lua);
  lua_setglobal(lua, "redis");
  REQUIRE(seal_globals(lua, true));
  for (const char* attempt : {"x = 1",
                              "_G.x = 1",
                              "redis.x = 1",
                              "string.x = 1",
                              "math.floor = nil",
                              "rawset(_G, 'x', 1)",
                              "rawset(redis, 'x', 1)",
                              "rawset(cjson, 'x', 1)",
                              "setmetatable(_G, {})",
                              "setmetatable(redis, {})",
                              "getmetatable(_G).__index = {}",
                              "getmetatable(redis).x = 1",
                              "getmetatable('').__index = {}",
                              "table.insert(redis, 1)",
                              "table.insert(_G, 1, 2)",
                              "getfenv(1).x = 1",
                              "getfenv(0).x = 1",
                              "getfenv(tostring).x = 1",
                              "getfenv(pcall).redis = 1",
                              "for k in pairs(redis) do redis[k] = 1 end redis[1] = 1",
                              "local _, t = pairs(redis) rawset(t, 'x', 1)",
                              "local _, t = pairs(_G) t.x = 1",
                              "_G._G._G.x = 1",
                              "setfenv(tostring, {})"}) {
    INFO(attempt);
    CHECK(run(lua, attempt).starts_with("error: "));
  }
  CHECK(run(lua,
            "return tostring(rawget(_G, 'x')) .. tostring(redis.x) .. tostring(redis[1]) .. tostring(_G == "
            "getfenv(0))") == "nilnilniltrue");
  CHECK(run(lua, "return loadstring(string.dump(function() end)) == nil") == "true");
  CHECK(run(lua,
            "local code = string.dump(function() end) return load(function() local c = code code = nil "
            "return c end) == nil") == "true");
  CHECK(run(lua, "return math.floor(1.5) .. ('x'):upper()") == "1X");
}

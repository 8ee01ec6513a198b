#include "server/scripting/redis_api.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <lua5.1/lua.hpp>
#include <string>
#include <utility>
#include <vector>

#include "server/engine/call.h"
#include "server/engine/engine.h"
#include "server/keyspace/sha1.h"
#include "server/scripting/reply_convert.h"
#include "server/scripting/script_run.h"

namespace node {

namespace {

constexpr const char* kRun = "node.script_run";  ///< in the registry

// No Lua error may jump over a C++ destructor: what raises holds plain values only, and what holds others
// leaves its result on the stack for a caller that raises.

/// The arguments on the stack as words of a command. False with an error on the stack, in their place.
bool words_of_arguments(lua_State* lua, std::vector<std::string>& words) {
  const int n = lua_gettop(lua);
  if (n == 0) {
    push_error(lua, "Please specify at least one argument for this redis lib call");
    return false;
  }
  for (int i = 1; i <= n; ++i) {
    char digits[64];
    std::size_t size = 0;
    const char* text = digits;
    if (lua_type(lua, i) == LUA_TNUMBER)
      size = static_cast<std::size_t>(std::snprintf(digits, sizeof digits, "%.17g", lua_tonumber(lua, i)));
    else if (lua_type(lua, i) == LUA_TSTRING)
      text = lua_tolstring(lua, i, &size);
    else
      text = nullptr;
    if (!text) {
      lua_settop(lua, 0);
      push_error(lua, "Lua redis lib command arguments must be strings or integers");
      return false;
    }
    words.emplace_back(text, size);
  }
  lua_settop(lua, 0);
  return true;
}

/// Replaces the words on the stack by the reply; false when it is an error.
bool call_command(lua_State* lua) {
  std::vector<std::string> words;
  if (!words_of_arguments(lua, words)) return false;
  const std::string reply = script_run_of(lua).command(words);
  push_reply(lua, reply);
  return !reply.starts_with('-');
}

int redis_call(lua_State* lua) {
  if (!script_run_of(lua).running())
    return raise_error(lua, "redis.call/pcall can only be called inside a script invocation");
  return call_command(lua) ? 1 : lua_error(lua);
}

int redis_pcall(lua_State* lua) {
  if (!script_run_of(lua).running())
    return raise_error(lua, "redis.call/pcall can only be called inside a script invocation");
  call_command(lua);
  return 1;
}

/// Whether the caller's user may run the words of the arguments. Nothing, with an error on the stack, where
/// they are no command.
std::optional<bool> check_arguments(lua_State* lua) {
  std::vector<std::string> words;
  if (!words_of_arguments(lua, words)) return std::nullopt;
  const std::vector<std::string_view> argv(words.begin(), words.end());
  ScriptRun& run = script_run_of(lua);
  const CommandTable& table = run.engine().table;
  const Command* command = table.resolve(argv);
  if (command && (argv.size() == 1 || table.subcommands_of(*command).empty()))
    return static_cast<bool>(run.engine().permissions.check(run.user(), *command, argv));
  push_error(lua, "Invalid command passed to redis.acl_check_cmd()");
  return std::nullopt;
}

int redis_acl_check_cmd(lua_State* lua) {
  if (!script_run_of(lua).running())
    return raise_error(lua, "redis.acl_check_cmd can only be called inside a script invocation");
  const std::optional<bool> allowed = check_arguments(lua);
  if (!allowed) return lua_error(lua);
  lua_pushboolean(lua, *allowed);
  return 1;
}

bool one_string(lua_State* lua) {
  if (lua_gettop(lua) == 1 && lua_type(lua, 1) == LUA_TSTRING) return true;
  push_error(lua, "wrong number or type of arguments");
  return false;
}

void push_error_reply(lua_State* lua) {
  std::string text = lua_tostring(lua, 1);
  if (!text.starts_with('-')) text.insert(0, 1, '-');
  push_error(lua, text);
}

int redis_error_reply(lua_State* lua) {
  if (one_string(lua)) push_error_reply(lua);
  return 1;
}

int redis_status_reply(lua_State* lua) {
  if (!one_string(lua)) return 1;
  lua_newtable(lua);
  lua_pushvalue(lua, 1);
  lua_setfield(lua, -2, "ok");
  return 1;
}

void push_sha1(lua_State* lua) {
  std::size_t size = 0;
  const char* text = lua_tolstring(lua, 1, &size);
  const std::string hex = sha1_hex(text ? std::string_view(text, size) : std::string_view());
  lua_pushlstring(lua, hex.data(), hex.size());
}

int redis_sha1hex(lua_State* lua) {
  if (lua_gettop(lua) != 1) return raise_error(lua, "wrong number of arguments");
  push_sha1(lua);
  return 1;
}

void write_log(lua_State* lua, int level) {
  std::string text;
  for (int i = 2; i <= lua_gettop(lua); ++i) {
    std::size_t size = 0;
    const char* part = lua_tolstring(lua, i, &size);
    if (!part) continue;
    if (i != 2) text += ' ';
    text.append(part, size);
  }
  script_run_of(lua).engine().ports.logger.log(".-*#"[level], text);
}

int redis_log(lua_State* lua) {
  if (lua_gettop(lua) < 2) return raise_error(lua, "redis.log() requires two arguments or more.");
  if (!lua_isnumber(lua, 1)) return raise_error(lua, "First argument must be a number (log level).");
  const double level = lua_tonumber(lua, 1);
  if (!(level > -1 && level < 4)) return raise_error(lua, "Invalid debug level.");
  write_log(lua, static_cast<int>(level));
  return 0;
}

int redis_setresp(lua_State* lua) {
  if (!script_run_of(lua).running())
    return raise_error(lua, "redis.setresp can only be called inside a script invocation");
  if (lua_gettop(lua) != 1) return raise_error(lua, "redis.setresp() requires one argument.");
  const double version = std::trunc(lua_tonumber(lua, 1));
  if (version != 2 && version != 3) return raise_error(lua, "RESP version must be 2 or 3.");
  script_run_of(lua).set_resp(static_cast<int>(version));
  return 0;
}

int redis_set_repl(lua_State* lua) {
  if (!script_run_of(lua).running())
    return raise_error(lua, "redis.set_repl can only be called inside a script invocation");
  if (lua_gettop(lua) != 1) return raise_error(lua, "redis.set_repl() requires two arguments.");
  const double flags = lua_tonumber(lua, 1);
  if (!(flags > -1 && flags < 4))
    return raise_error(lua, "Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE.");
  script_run_of(lua).set_propagation(static_cast<unsigned>(flags));
  return 0;
}

int redis_replicate_commands(lua_State* lua) {
  lua_pushboolean(lua, 1);
  return 1;
}
/// Without a debugger there is nothing to stop in.
int redis_breakpoint(lua_State* lua) {
  lua_pushboolean(lua, 0);
  return 1;
}
int redis_debug(lua_State*) {
  return 0;
}

/// Lua's own, over numbers that are the same on every machine for the same seed.
int math_random(lua_State* lua) {
  ScriptRun& run = script_run_of(lua);
  if (!run.running()) return luaL_error(lua, "math.random can only be called inside a script invocation");
  constexpr long kMax = INT32_MAX;
  const double r = static_cast<double>(nrand48(run.random_state()) % kMax) / static_cast<double>(kMax);
  switch (lua_gettop(lua)) {
    case 0:
      lua_pushnumber(lua, r);
      return 1;
    case 1: {
      const int to = luaL_checkint(lua, 1);
      luaL_argcheck(lua, 1 <= to, 1, "interval is empty");
      lua_pushnumber(lua, std::floor(r * to) + 1);
      return 1;
    }
    case 2: {
      const int from = luaL_checkint(lua, 1), to = luaL_checkint(lua, 2);
      luaL_argcheck(lua, from <= to, 2, "interval is empty");
      lua_pushnumber(lua, std::floor(r * (static_cast<double>(to) - from + 1)) + from);
      return 1;
    }
    default:
      return luaL_error(lua, "wrong number of arguments");
  }
}

int math_randomseed(lua_State* lua) {
  ScriptRun& run = script_run_of(lua);
  if (!run.running()) return luaL_error(lua, "math.randomseed can only be called inside a script invocation");
  const auto seed = static_cast<std::uint32_t>(luaL_checkint(lua, 1));
  std::uint16_t* state = run.random_state();
  state[0] = 0x330e;
  state[1] = static_cast<std::uint16_t>(seed);
  state[2] = static_cast<std::uint16_t>(seed >> 16);
  return 0;
}

template <std::size_t N>
void add_functions(lua_State* lua, const luaL_Reg (&functions)[N]) {
  for (const luaL_Reg& f : functions) {
    lua_pushcfunction(lua, f.func);
    lua_setfield(lua, -2, f.name);
  }
}

template <std::size_t N>
void add_numbers(lua_State* lua, const std::pair<const char*, unsigned> (&numbers)[N]) {
  for (const auto& [name, value] : numbers) {
    lua_pushnumber(lua, value);
    lua_setfield(lua, -2, name);
  }
}

constexpr luaL_Reg kRedisFunctions[] = {{"call", redis_call},
                                        {"pcall", redis_pcall},
                                        {"error_reply", redis_error_reply},
                                        {"status_reply", redis_status_reply},
                                        {"sha1hex", redis_sha1hex},
                                        {"setresp", redis_setresp},
                                        {"set_repl", redis_set_repl},
                                        {"acl_check_cmd", redis_acl_check_cmd}};
constexpr luaL_Reg kOfEval[] = {{"replicate_commands", redis_replicate_commands},
                                {"breakpoint", redis_breakpoint},
                                {"debug", redis_debug}};
constexpr std::pair<const char*, unsigned> kTargets[] = {{"REPL_NONE", 0},
                                                         {"REPL_AOF", propagate_to::aof},
                                                         {"REPL_SLAVE", propagate_to::replicas},
                                                         {"REPL_REPLICA", propagate_to::replicas},
                                                         {"REPL_ALL", propagate_to::all}};
constexpr std::pair<const char*, unsigned> kLevels[] = {
    {"LOG_DEBUG", 0}, {"LOG_VERBOSE", 1}, {"LOG_NOTICE", 2}, {"LOG_WARNING", 3}};

}  // namespace

void set_script_run(lua_State* lua, ScriptRun& run) {
  lua_pushlightuserdata(lua, &run);
  lua_setfield(lua, LUA_REGISTRYINDEX, kRun);
}

ScriptRun& script_run_of(lua_State* lua) {
  lua_getfield(lua, LUA_REGISTRYINDEX, kRun);
  auto* run = static_cast<ScriptRun*>(lua_touserdata(lua, -1));
  lua_pop(lua, 1);
  return *run;
}

void push_error(lua_State* lua, std::string_view text) {
  std::string_view code = "ERR";
  if (text.starts_with('-')) {
    text.remove_prefix(1);
    const std::size_t space = text.find(' ');
    if (space != std::string_view::npos) {
      code = text.substr(0, space);
      text.remove_prefix(space + 1);
    }
  }
  while (!text.empty() && (text.back() == '\r' || text.back() == '\n')) text.remove_suffix(1);
  while (!text.empty() && (text.front() == '\r' || text.front() == '\n')) text.remove_prefix(1);
  lua_newtable(lua);
  lua_pushlstring(lua, code.data(), code.size());
  lua_pushliteral(lua, " ");
  lua_pushlstring(lua, text.data(), text.size());
  lua_concat(lua, 3);
  lua_setfield(lua, -2, "err");
}

int raise_error(lua_State* lua, const char* text) {
  push_error(lua, text);
  return lua_error(lua);
}

void add_log_and_version(lua_State* lua) {
  lua_pushcfunction(lua, redis_log);
  lua_setfield(lua, -2, "log");
  add_numbers(lua, kLevels);
  lua_pushstring(lua, "7.0.15");
  lua_setfield(lua, -2, "REDIS_VERSION");
  lua_pushnumber(lua, 0x07000F);
  lua_setfield(lua, -2, "REDIS_VERSION_NUM");
}

void open_redis_api(lua_State* lua, bool eval) {
  lua_newtable(lua);
  add_functions(lua, kRedisFunctions);
  add_numbers(lua, kTargets);
  add_log_and_version(lua);
  if (eval) add_functions(lua, kOfEval);
  lua_setglobal(lua, "redis");
  lua_getglobal(lua, "math");
  lua_pushcfunction(lua, math_random);
  lua_setfield(lua, -2, "random");
  lua_pushcfunction(lua, math_randomseed);
  lua_setfield(lua, -2, "randomseed");
  lua_pop(lua, 1);
}

}  // namespace node

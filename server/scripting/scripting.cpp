#include "server/scripting/scripting.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <lua5.1/lua.hpp>
#include <sstream>
#include <utility>

#include "server/commands/engine.h"
#include "server/commands/handlers.h"
#include "server/commands/reply_errors.h"
#include "server/keyspace/number.h"
#include "server/resp/parser.h"
#include "server/scripting/bit_library.h"
#include "server/scripting/reply_convert.h"
#include "server/scripting/sandbox.h"
#include "server/scripting/sha1.h"

namespace node {

namespace {

/// What the header of a script may say about it.
namespace script_flag {
constexpr std::uint32_t no_writes = 1, allow_oom = 2, allow_stale = 4, no_cluster = 8, cross_slot = 16;
}
constexpr std::pair<std::string_view, std::uint32_t> kScriptFlags[] = {
    {"no-writes", script_flag::no_writes},
    {"allow-oom", script_flag::allow_oom},
    {"allow-stale", script_flag::allow_stale},
    {"no-cluster", script_flag::no_cluster},
    {"allow-cross-slot-keys", script_flag::cross_slot}};
constexpr int kHookInstructions = 100000;
constexpr const char* kScriptName = "@user_script";

Scripting& self(lua_State* lua) {
  lua_getfield(lua, LUA_REGISTRYINDEX, "node.scripting");
  auto* scripting = static_cast<Scripting*>(lua_touserdata(lua, -1));
  lua_pop(lua, 1);
  return *scripting;
}

int lua_call(lua_State* lua) {
  return self(lua).redis_call(lua) ? lua_error(lua) : 1;
}
int lua_pcall_redis(lua_State* lua) {
  return self(lua).redis_call(lua), 1;
}

int lua_single_field(lua_State* lua, const char* field) {
  if (lua_gettop(lua) != 1 || lua_type(lua, -1) != LUA_TSTRING) {
    lua_newtable(lua);
    lua_pushstring(lua, "ERR wrong number or type of arguments");
    lua_setfield(lua, -2, "err");
    return 1;
  }
  std::size_t size = 0;
  const char* text = lua_tolstring(lua, 1, &size);
  std::string value(text, size);
  if (std::strcmp(field, "err") == 0) {
    // A text without a code gets the general one.
    if (value.starts_with('-')) value.erase(0, 1);
    if (value.find(' ') == std::string::npos) value = "ERR " + value;
  }
  lua_newtable(lua);
  lua_pushlstring(lua, value.data(), value.size());
  lua_setfield(lua, -2, field);
  return 1;
}

int lua_error_reply(lua_State* lua) {
  return lua_single_field(lua, "err");
}
int lua_status_reply(lua_State* lua) {
  return lua_single_field(lua, "ok");
}

int lua_sha1hex(lua_State* lua) {
  if (lua_gettop(lua) != 1) return luaL_error(lua, "wrong number of arguments");
  std::size_t size = 0;
  const char* text = lua_tolstring(lua, 1, &size);
  const std::string hex = sha1_hex(text ? std::string_view(text, size) : std::string_view());
  lua_pushlstring(lua, hex.data(), hex.size());
  return 1;
}

int lua_log(lua_State* lua) {
  if (lua_gettop(lua) < 2) return luaL_error(lua, "redis.log() requires two arguments or more.");
  if (!lua_isnumber(lua, 1)) return luaL_error(lua, "First argument must be a number (log level).");
  const int level = static_cast<int>(lua_tonumber(lua, 1));
  if (level < 0 || level > 3) return luaL_error(lua, "Invalid log level.");
  std::string text;
  for (int i = 2; i <= lua_gettop(lua); ++i) {
    std::size_t size = 0;
    if (const char* part = lua_tolstring(lua, i, &size))
      text += (text.empty() ? "" : " ") + std::string(part, size);
  }
  self(lua).engine().host.log(".-*#"[level], text);
  return 0;
}

int lua_nothing(lua_State* lua) {
  lua_pushboolean(lua, 1);
  return 1;
}

int lua_setresp(lua_State* lua) {
  if (lua_gettop(lua) != 1) return luaL_error(lua, "redis.setresp() requires one argument.");
  const int version = static_cast<int>(lua_tonumber(lua, 1));
  if (version != 2 && version != 3) return luaL_error(lua, "RESP version must be 2 or 3.");
  self(lua).set_resp(version);
  return 0;
}

/// Turns what was raised into a table {err, source, line}: the innermost Lua line is where it went wrong.
int error_handler(lua_State* lua) {
  if (!lua_istable(lua, 1)) {
    std::size_t size = 0;
    const char* text = lua_tolstring(lua, 1, &size);
    const std::string message = "ERR " + std::string(text ? std::string_view(text, size) : "unknown error");
    lua_newtable(lua);
    lua_pushlstring(lua, message.data(), message.size());
    lua_setfield(lua, -2, "err");
    lua_replace(lua, 1);
  }
  constexpr int kLevels = 10;
  lua_Debug where{};
  for (int level = 1; level <= kLevels && lua_getstack(lua, level, &where); ++level) {
    lua_getinfo(lua, "Sl", &where);
    if (where.currentline < 0 || std::strcmp(where.source, kScriptName) != 0) continue;
    lua_pushstring(lua, where.source);
    lua_setfield(lua, 1, "source");
    lua_pushinteger(lua, where.currentline);
    lua_setfield(lua, 1, "line");
    break;
  }
  lua_settop(lua, 1);
  return 1;
}

void count_hook(lua_State* lua, lua_Debug*) {
  if (self(lua).heartbeat()) return;
  // At every line from here on, so that no pcall() of the script's own can go on.
  lua_sethook(lua, count_hook, LUA_MASKLINE, 0);
  luaL_error(lua, "Script killed by user with SCRIPT KILL...");
}

/// "lua flags=no-writes,allow-oom": an error line, or nothing.
std::optional<std::string> parse_header(std::string_view header, std::uint32_t& flags) {
  std::vector<std::string> words;
  split_words(header, words);
  if (words.empty()) return "ERR Invalid script shebang";
  if (words[0] != "lua") return "ERR Unexpected engine in script shebang: #!" + words[0];
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (!words[i].starts_with("flags=")) return "ERR Unknown lua shebang option: " + words[i];
    std::istringstream list(words[i].substr(6));
    for (std::string name; std::getline(list, name, ',');) {
      const auto flag = std::find_if(std::begin(kScriptFlags), std::end(kScriptFlags),
                                     [&](const auto& f) { return f.first == name; });
      if (flag == std::end(kScriptFlags)) return "ERR Unexpected flag in script shebang: " + name;
      flags |= flag->second;
    }
  }
  return std::nullopt;
}

}  // namespace

Scripting::Scripting(Engine& engine) : engine_(engine), session_(std::make_unique<Session>()) {
  session_->kind = Session::Kind::script;
  session_->authenticated = true;
  open();
}

Scripting::~Scripting() {
  lua_close(lua_);
}

void Scripting::open() {
  lua_ = luaL_newstate();
  luaL_openlibs(lua_);
  open_bit_library(lua_);
  lua_pushlightuserdata(lua_, this);
  lua_setfield(lua_, LUA_REGISTRYINDEX, "node.scripting");
  constexpr luaL_Reg functions[] = {{"call", lua_call},
                                    {"pcall", lua_pcall_redis},
                                    {"error_reply", lua_error_reply},
                                    {"status_reply", lua_status_reply},
                                    {"sha1hex", lua_sha1hex},
                                    {"log", lua_log},
                                    {"replicate_commands", lua_nothing},
                                    {"breakpoint", lua_nothing},
                                    {"set_repl", lua_nothing},
                                    {"setresp", lua_setresp}};
  lua_newtable(lua_);
  for (const luaL_Reg& f : functions) {
    lua_pushcfunction(lua_, f.func);
    lua_setfield(lua_, -2, f.name);
  }
  constexpr std::pair<const char*, int> constants[] = {
      {"LOG_DEBUG", 0}, {"LOG_VERBOSE", 1}, {"LOG_NOTICE", 2},   {"LOG_WARNING", 3}, {"REPL_NONE", 0},
      {"REPL_AOF", 1},  {"REPL_SLAVE", 2},  {"REPL_REPLICA", 2}, {"REPL_ALL", 3}};
  for (const auto& [name, value] : constants) {
    lua_pushnumber(lua_, value);
    lua_setfield(lua_, -2, name);
  }
  lua_pushstring(lua_, "7.0.15");
  lua_setfield(lua_, -2, "REDIS_VERSION");
  lua_pushnumber(lua_, 0x07000F);
  lua_setfield(lua_, -2, "REDIS_VERSION_NUM");
  lua_setglobal(lua_, "redis");
  if (!seal_globals(lua_)) {
    engine_.host.log('#', std::string("The Lua sandbox cannot be set up: ") + lua_tostring(lua_, -1));
    lua_pop(lua_, 1);
  }
}

void Scripting::set_resp(int version) {
  session_->out.set_resp(version);
}

std::optional<std::string> Scripting::load(std::string_view body, std::string& sha) {
  sha = sha1_hex(body);
  if (scripts_.contains(sha)) return std::nullopt;
  std::string_view code = body;
  Script script{std::string(body), std::nullopt};
  if (code.starts_with("#!")) {
    // A header, not Lua; the line count stays.
    const std::string_view header = code.substr(0, code.find('\n'));
    script.flags = 0;
    if (auto why = parse_header(header.substr(2), *script.flags)) return why;
    code.remove_prefix(header.size());
  }
  if (code.starts_with('\x1b')) return "ERR Error compiling script (new function): a binary chunk";
  if (luaL_loadbuffer(lua_, code.data(), code.size(), kScriptName)) {
    std::string why = lua_tostring(lua_, -1);
    lua_pop(lua_, 1);
    return "ERR Error compiling script (new function): " + why;
  }
  lua_setfield(lua_, LUA_REGISTRYINDEX, ("f_" + sha).c_str());
  scripts_.emplace(sha, std::move(script));
  return std::nullopt;
}

void Scripting::eval(Call& c) {
  const auto numkeys = parse_integer(c.arg(2));
  if (!numkeys) return c.error(error::not_integer);
  if (*numkeys < 0) return c.error("ERR Number of keys can't be negative");
  if (static_cast<std::uint64_t>(*numkeys) > c.argc() - 3)
    return c.error("ERR Number of keys can't be greater than number of args");
  if (running_) return c.error("ERR EVAL inside a script");
  std::string sha;
  if (c.command.name.starts_with("evalsha")) {
    sha = c.arg(1);
    for (char& ch : sha) ch = static_cast<char>(std::tolower(static_cast<unsigned char>(ch)));
    if (!scripts_.contains(sha)) return c.error("NOSCRIPT No matching script. Please use EVAL.");
  } else if (const auto why = load(c.arg(1), sha)) {
    return c.error(*why);
  }
  const Script& script = scripts_.find(sha)->second;
  if (const auto why = header_refusal(c, script)) {
    engine_.note_error(*why, &c.command, true);
    engine_.error_counted = true;
    return c.error(*why);
  }
  run(c, sha, static_cast<std::size_t>(*numkeys));
}

/// What forbids a script with a header to begin: it counts as what its flags make of it.
std::optional<std::string> Scripting::header_refusal(Call& c, const Script& script) {
  const bool read_only_command = c.command.name.ends_with("_ro");
  read_only_ = read_only_command;
  allow_oom_ = false;
  if (!script.flags || c.client.kind != Session::Kind::normal) return std::nullopt;
  const std::uint32_t flags = *script.flags;
  const bool writes = !(flags & script_flag::no_writes);
  if (engine_.cluster && flags & script_flag::no_cluster)
    return "ERR Can not run script on cluster, 'no-cluster' flag is set.";
  if (read_only_command && writes) return "ERR Can not execute a script with write flag using *_ro command.";
  Command as = c.command;
  as.flags &= ~(flag::stale | flag::denyoom | flag::write | flag::may_replicate);
  if (!(flags & (script_flag::allow_oom | script_flag::no_writes))) as.flags |= flag::denyoom;
  if (writes) as.flags |= flag::write;
  if (flags & script_flag::allow_stale) as.flags |= flag::stale;
  read_only_ = !writes;
  allow_oom_ = flags & script_flag::allow_oom;
  return engine_.refusal(c.client, as, c.argv);
}

void Scripting::run(Call& c, const std::string& sha, std::size_t keys) {
  running_ = &c;
  session_->db = c.client.db;
  session_->readonly = c.client.readonly;
  wrote_ = killed_ = false;
  session_->out.set_resp(2);
  started_us_ = engine_.host.monotonic_us();
  auto push_words = [&](std::size_t from, std::size_t to, const char* global) {
    lua_newtable(lua_);
    for (std::size_t i = from; i < to; ++i) {
      lua_pushlstring(lua_, c.arg(i).data(), c.arg(i).size());
      lua_rawseti(lua_, -2, static_cast<int>(i - from + 1));
    }
    set_script_global(lua_, global);
  };
  push_words(3, 3 + keys, "KEYS");
  push_words(3 + keys, c.argc(), "ARGV");
  const bool limited = engine_.config.lua_time_limit_ms > 0;
  if (limited) lua_sethook(lua_, count_hook, LUA_MASKCOUNT, kHookInstructions);
  lua_pushcfunction(lua_, error_handler);
  lua_getfield(lua_, LUA_REGISTRYINDEX, ("f_" + sha).c_str());
  const int failed = ::lua_pcall(lua_, 0, 1, -2);
  lua_sethook(lua_, nullptr, 0, 0);
  // An error that a command answered was counted there.
  if (lua_istable(lua_, -1)) {
    lua_pushstring(lua_, kCountedField);
    lua_rawget(lua_, -2);
    engine_.error_counted = lua_toboolean(lua_, -1) != 0;
    lua_pop(lua_, 1);
  }
  failed ? c.error(error_line(sha)) : write_lua_reply(lua_, c.reply, session_->out.resp());
  lua_settop(lua_, 0);
  c.propagate_nothing();
  running_ = nullptr;
  timed_out_ = false;
}

/// The error line of what error_handler left on top.
std::string Scripting::error_line(const std::string& sha) {
  auto field = [&](const char* name) -> std::string {
    if (!lua_istable(lua_, -1)) return {};
    lua_getfield(lua_, -1, name);
    const char* text = lua_tostring(lua_, -1);
    std::string value = text ? text : "";
    lua_pop(lua_, 1);
    return value;
  };
  std::string text = field("err");
  if (text.empty()) text = "ERR unknown error";
  const std::string source = field("source"), line = field("line");
  if (!source.empty() && !line.empty()) text += " script: " + sha + ", on " + source + ":" + line + ".";
  return text;
}

/// The error line that forbids the command to this script, or nothing.
std::optional<std::string> Scripting::refusal(const Command* command,
                                              const std::vector<std::string_view>& argv) {
  if (!command) return "ERR Unknown Redis command called from script";
  if (!command->arity_fits(argv.size())) return "ERR Wrong number of args calling Redis command from script";
  if (command->is(flag::noscript) && !allow_denied_)
    return "ERR This Redis command is not allowed from script";
  if (read_only_ && command->is(flag::write))
    return "ERR Write commands are not allowed from read-only scripts.";
  const Session& caller = running_->client;
  if (caller.kind == Session::Kind::master || caller.kind == Session::Kind::loader) return std::nullopt;
  // Once it wrote, it goes on to its end.
  const bool exempt = allow_oom_ || wrote_;
  Command as = *command;
  if (exempt) as.flags &= ~flag::denyoom;
  if (auto line = engine_.refusal(*session_, as, argv)) return line;
  if (!engine_.cluster || caller.kind != Session::Kind::normal) return std::nullopt;
  // Keys must be of this node, whatever the script declared.
  std::vector<std::string_view> keys;
  for (std::size_t at : Engine::key_positions(*command, argv)) keys.push_back(argv[at]);
  if (keys.empty()) return std::nullopt;
  const RouteQuery query{keys, command->is(flag::write), caller.asking, caller.readonly, false, false};
  if (engine_.cluster->redirect(query, [&](std::string_view k) { return engine_.db(0).contains(k); }))
    return "ERR Script attempted to access a non local key in a cluster node";
  return std::nullopt;
}

bool Scripting::redis_call(lua_State* lua) {
  std::string out;
  std::vector<std::string> words;
  if (lua_gettop(lua) == 0) out = "-ERR Please specify at least one argument for this redis.call() call\r\n";
  for (int i = 1; i <= lua_gettop(lua) && out.empty(); ++i) {
    if (lua_type(lua, i) == LUA_TNUMBER) {
      const double number = lua_tonumber(lua, i);
      const bool whole = number == std::floor(number) && std::abs(number) < 1e17;
      words.push_back(whole ? std::to_string(static_cast<long long>(number)) : format_double(number));
      continue;
    }
    std::size_t size = 0;
    const char* text = lua_type(lua, i) == LUA_TSTRING ? lua_tolstring(lua, i, &size) : nullptr;
    if (text)
      words.emplace_back(text, size);
    else
      out = "-ERR Lua redis lib command arguments must be strings or integers\r\n";
  }
  if (out.empty()) {
    const std::vector<std::string_view> argv(words.begin(), words.end());
    const Command* command = Engine::resolve(argv);
    if (const auto line = refusal(command, argv)) {
      engine_.note_error(*line, command, true);
      out = "-" + *line + "\r\n";
    } else {
      session_->out.buffer().clear();
      engine_.call(*session_, *command, argv);
      wrote_ |= command->is(flag::write);
      out = std::move(session_->out.buffer());
      session_->out.buffer().clear();
    }
  }
  lua_settop(lua, 0);
  push_reply(lua, out);
  return out.starts_with('-');
}

bool Scripting::heartbeat() {
  const std::int64_t ms = (engine_.host.monotonic_us() - started_us_) / 1000;
  if (killed_) return false;
  if (ms < engine_.config.lua_time_limit_ms) return true;
  if (!std::exchange(timed_out_, true))
    engine_.host.log('#', "Slow script detected: still in execution after " + std::to_string(ms) +
                              " milliseconds. You can try killing the script using the SCRIPT KILL command.");
  engine_.host.serve_while_busy();
  return !killed_;
}

void Scripting::kill(Call& c) {
  if (!running_) return c.error(error::not_busy);
  if (running_->client.kind == Session::Kind::master) return c.error(error::unkillable_master);
  if (wrote_) return c.error(error::unkillable);
  killed_ = true;
  c.reply.ok();
}

void Scripting::script(Call& c) {
  if (c.subcommand("load", 3, 3)) {
    std::string sha;
    if (const auto why = load(c.arg(2), sha)) return c.error(*why);
    return c.reply.bulk(sha);
  }
  if (c.subcommand("exists", 3, -1)) {
    c.reply.array(c.argc() - 2);
    for (std::size_t i = 2; i < c.argc(); ++i) {
      std::string sha(c.arg(i));
      for (char& ch : sha) ch = static_cast<char>(std::tolower(static_cast<unsigned char>(ch)));
      c.reply.integer(scripts_.contains(sha));
    }
    return;
  }
  if (c.subcommand("flush", 2, 3)) {
    if (c.argc() == 3 && !c.is(2, "sync") && !c.is(2, "async"))
      return c.error("ERR SCRIPT FLUSH only support SYNC|ASYNC option");
    scripts_.clear();
    lua_close(lua_);
    open();
    return c.reply.ok();
  }
  if (c.subcommand("kill", 2, 2)) return kill(c);
  if (c.subcommand("help", 2, 2))
    return help(c, {"EXISTS <sha1> …", "FLUSH [ASYNC|SYNC]", "KILL", "LOAD <script>"});
  c.unknown_subcommand();
}

void command_eval(Call& c) {
  c.engine.scripting->eval(c);
}
void command_script(Call& c) {
  c.engine.scripting->script(c);
}

}  // namespace node

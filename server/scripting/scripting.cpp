#include "server/scripting/scripting.h"

#include <lua5.1/lua.hpp>

#include "server/engine/call.h"
#include "server/engine/engine.h"
#include "server/engine/reply_errors.h"
#include "server/keyspace/number.h"
#include "server/keyspace/sha1.h"
#include "server/scripting/function_commands.h"
#include "server/scripting/handlers.h"
#include "server/scripting/redis_api.h"
#include "server/scripting/script_flags.h"

namespace node {

namespace {

constexpr const char* kScriptName = "@user_script";
constexpr std::size_t kShaDigits = 40;

}  // namespace

Scripting::Scripting(Engine& engine) : engine_(engine), run_(engine), functions_(engine, run_) {
  open();
}

void Scripting::open() {
  lua_ = open_lua();
  set_script_run(lua_.get(), run_);
  open_redis_api(lua_.get(), true);
  if (!seal_globals(lua_.get(), engine_.config.lua_deprecated_api)) {
    engine_.ports.logger.log(
        '#', std::string("The Lua sandbox cannot be set up: ") + lua_tostring(lua_.get(), -1));
    lua_pop(lua_.get(), 1);
  }
}

std::size_t Scripting::interpreter_bytes() const {
  return static_cast<std::size_t>(lua_gc(lua_.get(), LUA_GCCOUNT, 0)) * 1024;
}

std::size_t Scripting::script_bytes() const {
  std::size_t bytes = 0;
  for (const auto& [sha, script] : scripts_) bytes += sha.capacity() + script.body.capacity() + sizeof script;
  return bytes;
}

std::optional<std::string> Scripting::load(std::string_view body, std::string& sha) {
  sha = sha1_hex(body);
  if (scripts_.contains(sha)) return std::nullopt;
  ScriptHeader header;
  if (auto why = parse_script_header(body, header)) return "ERR " + *why;
  const std::string_view code = body.substr(header.size);
  lua_State* lua = lua_.get();
  if (code.starts_with(LUA_SIGNATURE[0])) return "ERR Error compiling script (new function): a binary chunk";
  if (luaL_loadbuffer(lua, code.data(), code.size(), kScriptName) != 0) {
    std::string why = lua_tostring(lua, -1);
    lua_pop(lua, 1);
    return "ERR Error compiling script (new function): " + why;
  }
  lua_setfield(lua, LUA_REGISTRYINDEX, ("f_" + sha).c_str());
  scripts_.emplace(sha, Script{std::string(body), header.flags});
  return std::nullopt;
}

std::optional<std::uint32_t> Scripting::flags_of(const Command& command,
                                                 const std::vector<std::string_view>& argv) const {
  if (command.name.starts_with("fcall")) {
    const Function* function = functions_.find(argv[1]);
    return function ? std::optional(function->flags) : std::nullopt;
  }
  if (command.name.starts_with("evalsha")) {
    const auto it = scripts_.find(lower_case(argv[1]));
    return it == scripts_.end() ? std::nullopt : it->second.flags;
  }
  ScriptHeader header;
  if (parse_script_header(argv[1], header)) return std::nullopt;
  return header.flags;
}

std::optional<Command> Scripting::judged(const Command& command,
                                         const std::vector<std::string_view>& argv) const {
  const auto flags = flags_of(command, argv);
  return flags ? std::optional(judged_by_flags(command, *flags)) : std::nullopt;
}

void Scripting::eval(Call& c) {
  const auto keys = parse_integer(c.arg(2));
  if (!keys) return c.error(error::not_integer);
  if (*keys > static_cast<std::int64_t>(c.argc()) - 3)
    return c.error("ERR Number of keys can't be greater than number of args");
  if (*keys < 0) return c.error("ERR Number of keys can't be negative");
  if (run_.running()) return c.error("ERR EVAL inside a script");
  std::string sha;
  if (c.command.name.starts_with("evalsha")) {
    sha = lower_case(c.arg(1));
    if (!scripts_.contains(sha)) return c.error("NOSCRIPT No matching script. Please use EVAL.");
  } else if (const auto why = load(c.arg(1), sha)) {
    return c.error(*why);
  }
  ScriptSubject subject{ScriptSubject::Kind::eval, sha, scripts_.find(sha)->second.flags,
                        c.command.name.ends_with("_ro")};
  if (const auto why = run_.refusal(c, subject)) return c.error(*why);
  lua_getfield(lua_.get(), LUA_REGISTRYINDEX, ("f_" + sha).c_str());
  run_.run(c, std::move(subject), lua_.get(), static_cast<std::size_t>(*keys));
}

void Scripting::script(Call& c) {
  if (c.subcommand("load", 3, 3)) {
    std::string sha;
    if (const auto why = load(c.arg(2), sha)) return c.error(*why);
    return c.reply.bulk(sha);
  }
  if (c.subcommand("exists", 3, -1)) {
    c.reply.array(c.argc() - 2);
    for (std::size_t i = 2; i < c.argc(); ++i)
      c.reply.integer(c.arg(i).size() == kShaDigits && scripts_.contains(lower_case(c.arg(i))));
    return;
  }
  if (c.subcommand("flush", 2, -1)) {
    if (c.argc() > 3 || (c.argc() == 3 && !c.is(2, "sync") && !c.is(2, "async")))
      return c.error("ERR SCRIPT FLUSH only support SYNC|ASYNC option");
    if (run_.running()) return c.error("ERR SCRIPT FLUSH inside a script");
    scripts_.clear();
    open();
    return c.reply.ok();
  }
  if (c.subcommand("kill", 2, 2)) return run_.kill(c, ScriptSubject::Kind::eval);
  if (c.subcommand("debug", 3, 3)) {
    if (c.is(2, "no")) return c.reply.ok();
    if (c.is(2, "yes") || c.is(2, "sync"))
      return c.error("ERR the debugger of scripts is not supported by this server");
    return c.error("ERR Use SCRIPT DEBUG YES/SYNC/NO");
  }
  if (c.subcommand("help", 2, 2)) return help(c);
  c.unknown_subcommand();
}

void Scripting::function(Call& c) {
  function_command(c, functions_, run_);
}

void command_eval(Call& c) {
  c.engine.scripts->eval(c);
}
void command_script(Call& c) {
  c.engine.scripts->script(c);
}
void command_fcall(Call& c) {
  c.engine.scripts->fcall(c);
}
void command_function(Call& c) {
  c.engine.scripts->function(c);
}

}  // namespace node

#include "server/scripting/script_run.h"

#include <algorithm>
#include <cstring>
#include <lua5.1/lua.hpp>
#include <utility>

#include "server/engine/call.h"
#include "server/engine/engine.h"
#include "server/engine/reply_errors.h"
#include "server/scripting/redis_api.h"
#include "server/scripting/reply_convert.h"
#include "server/scripting/sandbox.h"
#include "server/scripting/script_flags.h"

namespace node {

namespace {

constexpr int kHookInstructions = 100000;
/// Where lrand48() of POSIX stands before any seed.
constexpr std::uint16_t kRandomStart[] = {0x330e, 0xabcd, 0x1234};

/// Turns what was raised into a table {err, source, line}: a C function's error is that of who called it.
int error_handler(lua_State* lua) {
  if (!lua_istable(lua, 1) || is_sealed(lua, 1)) {
    lua_pushliteral(lua, "ERR ");
    if (lua_isstring(lua, 1))
      lua_pushvalue(lua, 1);
    else
      lua_pushstring(lua, luaL_typename(lua, 1));
    lua_concat(lua, 2);
    lua_newtable(lua);
    lua_insert(lua, -2);
    lua_setfield(lua, -2, "err");
    lua_replace(lua, 1);
  }
  lua_Debug where{};
  bool found = lua_getstack(lua, 1, &where) && lua_getinfo(lua, "Sl", &where);
  if (found && std::strcmp(where.what, "C") == 0)
    found = lua_getstack(lua, 2, &where) && lua_getinfo(lua, "Sl", &where);
  if (found) {
    lua_pushliteral(lua, "source");
    lua_pushstring(lua, where.source);
    lua_rawset(lua, 1);
    lua_pushliteral(lua, "line");
    lua_pushinteger(lua, where.currentline);
    lua_rawset(lua, 1);
  }
  lua_settop(lua, 1);
  return 1;
}

void count_hook(lua_State* lua, lua_Debug*) {
  if (script_run_of(lua).heartbeat()) return;
  // At every line from here on, so that no pcall() of the script's own can go on.
  lua_sethook(lua, count_hook, LUA_MASKLINE, 0);
  push_error(lua, "Script killed by user with SCRIPT KILL...");
  lua_error(lua);
}

void push_words(lua_State* lua, const Call& c, std::size_t from, std::size_t to) {
  lua_createtable(lua, static_cast<int>(to - from), 0);
  for (std::size_t i = from; i < to; ++i) {
    lua_pushlstring(lua, c.arg(i).data(), c.arg(i).size());
    lua_rawseti(lua, -2, static_cast<int>(i - from + 1));
  }
}

/// A field of the table on top as text: asked for raw, for nothing protects us from what its metatable does.
std::string raw_field(lua_State* lua, const char* name) {
  lua_pushstring(lua, name);
  lua_rawget(lua, -2);
  const char* text = lua_isstring(lua, -1) ? lua_tostring(lua, -1) : "";
  std::string value = text;
  lua_pop(lua, 1);
  return value;
}

/// The error line of what error_handler left on top.
std::string error_line(lua_State* lua, const std::string& name) {
  if (!lua_istable(lua, -1)) {
    const char* text = lua_isstring(lua, -1) ? lua_tostring(lua, -1) : "execution failure";
    return "ERR Error running script " + name + ", " + std::string(text).substr(0, 100);
  }
  std::string text = raw_field(lua, "err");
  if (text.empty()) text = "ERR unknown error";
  const std::string source = raw_field(lua, "source"), line = raw_field(lua, "line");
  if (!source.empty() && !line.empty()) text += " script: " + name + ", on " + source + ":" + line + ".";
  return text;
}

std::string denied_line(acl::Denied denied) {
  const std::string_view what =
      denied == acl::Denied::command ? "can't run this command or subcommand"
      : denied == acl::Denied::key
          ? "can't access at least one of the keys mentioned in the command arguments"
          : "can't publish to the channel mentioned in the command";
  return "ERR The user executing the script " + std::string(what);
}

}  // namespace

ScriptRun::ScriptRun(Engine& engine) : engine_(engine), session_(std::make_unique<Session>()) {
  session_->kind = Session::Kind::script;
  session_->authenticated = true;
  std::copy(std::begin(kRandomStart), std::end(kRandomStart), random_);
}

ScriptRun::~ScriptRun() = default;

bool ScriptRun::obeyed(const Session& caller) const {
  return caller.kind == Session::Kind::master || caller.kind == Session::Kind::loader;
}

bool ScriptRun::flagged(std::uint32_t bit) const {
  return running_->subject.flags && *running_->subject.flags & bit;
}

const std::vector<std::string_view>& ScriptRun::words() const {
  return running_->call->argv;
}

const acl::User* ScriptRun::user() const {
  return session_->user;
}

std::int64_t ScriptRun::duration_ms() const {
  return (engine_.ports.clock.monotonic_us() - running_->started_us) / 1000;
}

std::optional<std::string_view> ScriptRun::busy_line() const {
  if (!running_ || !running_->timed_out) return std::nullopt;
  return running_->subject.kind == ScriptSubject::Kind::eval ? error::busy_script : error::busy_function;
}

// ---- begin and end
// --------------------------------------------------------------------------------------------------

/// Most of this was asked before the command began, with its flags (judged_by_flags); here it is again for
/// what runs in a transaction, in the words of its own.
std::optional<std::string> ScriptRun::refusal(const Call& c, const ScriptSubject& subject) {
  const Config& config = engine_.config;
  const Ports& ports = engine_.ports;
  const bool stale = ports.replication.is_replica() && !config.serve_stale && !ports.replication.link_up();
  if (!subject.flags) {
    if (stale) return "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.";
    return std::nullopt;
  }
  const std::uint32_t flags = *subject.flags;
  if (flags & script_flag::no_cluster && engine_.cluster)
    return "ERR Can not run script on cluster, 'no-cluster' flag is set.";
  if (stale && !(flags & script_flag::allow_stale))
    return "MASTERDOWN Link with MASTER is down, replica-serve-stale-data is set to 'no' and 'allow-stale' "
           "flag is "
           "not set on the script.";
  if (!(flags & script_flag::no_writes)) {
    const bool obey = obeyed(c.client);
    if (ports.replication.is_replica() && config.replica_read_only && !obey)
      return "READONLY Can not run script with write flag on readonly replica";
    if (!ports.replication.is_replica() && !obey)
      if (auto line = ports.persistence.write_refusal()) return line;
    if (subject.read_only_command) return "ERR Can not execute a script with write flag using *_ro command.";
    if (!ports.replication.is_replica() && config.min_replicas > 0 &&
        ports.replication.good_replicas() < config.min_replicas)
      return "NOREPLICAS Not enough good replicas to write.";
  }
  if (!obeyed(c.client) && engine_.memory_is_full() &&
      !(flags & (script_flag::allow_oom | script_flag::no_writes)))
    return "OOM allow-oom flag is not set on the script, can not run it when used memory > 'maxmemory'";
  return std::nullopt;
}

void ScriptRun::run(Call& c, ScriptSubject subject, lua_State* lua, std::size_t keys) {
  const bool eval = subject.kind == ScriptSubject::Kind::eval;
  running_ = Running{&c, std::move(subject), engine_.ports.clock.monotonic_us(), -1};
  if (engine_.cluster && keys > 0) running_->slot = engine_.cluster->slot_of(c.arg(3));
  session_->db = c.client.db;
  session_->user = c.client.user;
  session_->readonly = c.client.readonly;
  session_->out.set_resp(2);

  const int base = lua_gettop(lua) - 1;
  lua_pushcfunction(lua, error_handler);
  lua_insert(lua, base + 1);
  push_words(lua, c, 3, 3 + keys);
  if (eval) set_script_global(lua, "KEYS");
  push_words(lua, c, 3 + keys, c.argc());
  if (eval) set_script_global(lua, "ARGV");
  if (engine_.config.lua_time_limit_ms > 0) lua_sethook(lua, count_hook, LUA_MASKCOUNT, kHookInstructions);
  const int failed = lua_pcall(lua, eval ? 0 : 2, 1, base + 1);
  lua_sethook(lua, nullptr, 0, 0);
  answer(lua, failed != 0);
  lua_settop(lua, base);
  c.propagate_nothing();
  engine_.propagation_targets = propagate_to::all;
  running_.reset();
}

void ScriptRun::answer(lua_State* lua, bool failed) {
  Call& c = *running_->call;
  if (lua_istable(lua, -1)) {
    // An error that a command answered was counted there.
    lua_pushstring(lua, kCountedField);
    lua_rawget(lua, -2);
    engine_.error_counted = lua_toboolean(lua, -1) != 0;
    lua_pop(lua, 1);
  }
  failed ? c.error(error_line(lua, running_->subject.name))
         : write_lua_reply(lua, c.reply, session_->out.resp());
}

bool ScriptRun::heartbeat() {
  if (!running_) return true;
  if (running_->killed) return false;
  if (!running_->timed_out) {
    const std::int64_t ms = duration_ms();
    if (ms < engine_.config.lua_time_limit_ms) return true;
    running_->timed_out = true;
    const bool eval = running_->subject.kind == ScriptSubject::Kind::eval;
    engine_.ports.logger.log('#', "Slow script detected: still in execution after " + std::to_string(ms) +
                                      " milliseconds. You can try killing the script using the " +
                                      (eval ? "SCRIPT" : "FUNCTION") +
                                      " KILL command. Script name is: " + running_->subject.name + ".");
  }
  engine_.ports.server.serve_while_busy();
  if (running_->killed) engine_.ports.logger.log('#', "Lua script killed by user with SCRIPT KILL.");
  return !running_->killed;
}

void ScriptRun::kill(Call& c, ScriptSubject::Kind kind) {
  if (!running_) return c.error(error::not_busy);
  if (obeyed(running_->call->client)) return c.error(error::unkillable_master);
  if (running_->wrote) return c.error(error::unkillable);
  if (kind != running_->subject.kind)
    return c.error(kind == ScriptSubject::Kind::eval ? error::busy_function : error::busy_script);
  running_->killed = true;
  c.reply.ok();
}

// ---- its commands
// ---------------------------------------------------------------------------------------------------

void ScriptRun::set_resp(int version) {
  session_->out.set_resp(version);
}

void ScriptRun::set_propagation(unsigned targets) {
  engine_.propagation_targets = targets;
}

/// Keys must be of this node, whatever the script declared, and of one slot unless its flags say otherwise.
std::optional<std::string> ScriptRun::cluster_refusal(const Command& command,
                                                      const std::vector<std::string_view>& argv) {
  const Session& caller = running_->call->client;
  if (!engine_.cluster || obeyed(caller)) return std::nullopt;
  std::vector<std::string_view> keys;
  for (std::size_t at : key_positions(command, argv)) keys.push_back(argv[at]);
  if (keys.empty()) return std::nullopt;
  const RouteQuery query{keys, command.is(flag::write), caller.asking, caller.readonly, false, false};
  if (const auto line =
          engine_.cluster->redirect(query, [&](std::string_view k) { return engine_.db(0).contains(k); })) {
    if (line->starts_with("CLUSTERDOWN The cluster is down and only accepts read"))
      return "ERR Script attempted to execute a write command while the cluster is down and readonly";
    if (line->starts_with("CLUSTERDOWN The cluster is down"))
      return "ERR Script attempted to execute a command while the cluster is down";
    return "ERR Script attempted to access a non local key in a cluster node";
  }
  if (!running_->subject.flags || flagged(script_flag::cross_slot)) return std::nullopt;
  const int slot = engine_.cluster->slot_of(keys[0]);
  if (running_->slot == -1) running_->slot = slot;
  if (running_->slot != slot) return "ERR Script attempted to access keys that do not hash to the same slot";
  return std::nullopt;
}

/// The error line that forbids the command to this script, or nothing.
std::optional<std::string> ScriptRun::command_refusal(const Command* command,
                                                      const std::vector<std::string_view>& argv) {
  if (!command || (argv.size() > 1 && !engine_.table.subcommands_of(*command).empty()))
    return "ERR Unknown Redis command called from script";
  if (!command->arity_fits(argv.size())) return "ERR Wrong number of args calling Redis command from script";
  if (command->is(flag::noscript) && !allow_denied_)
    return "ERR This Redis command is not allowed from script";
  const Config& config = engine_.config;
  if (engine_.ports.replication.is_replica() && !config.serve_stale && !engine_.ports.replication.link_up() &&
      !command->is(flag::stale))
    return "ERR Can not execute the command on a stale replica";
  if (const auto decision = engine_.permitted(*session_, *command, argv, acl::Context::lua); !decision)
    return denied_line(decision.denied);
  const bool read_only = running_->subject.read_only_command || flagged(script_flag::no_writes);
  if (read_only && command->is(flag::write | flag::may_replicate))
    return "ERR Write commands are not allowed from read-only scripts.";
  if (!obeyed(running_->call->client)) {
    Command as = *command;
    as.flags |= flag::stale;
    if (flagged(script_flag::allow_oom)) as.flags &= ~flag::denyoom;
    // Once it wrote, it goes on to its end.
    if (running_->wrote) as.flags &= ~(flag::denyoom | flag::write);
    if (auto line = engine_.refusal(*session_, as, argv)) return line;
  }
  running_->wrote |= command->is(flag::write);
  return cluster_refusal(*command, argv);
}

std::string ScriptRun::command(const std::vector<std::string>& words) {
  const std::vector<std::string_view> argv(words.begin(), words.end());
  const Command* command = engine_.table.resolve(argv);
  if (const auto line = command_refusal(command, argv)) {
    engine_.note_error(*line, command, true);
    return "-" + *line + "\r\n";
  }
  session_->out.buffer().clear();
  engine_.call(*session_, *command, argv);
  return std::exchange(session_->out.buffer(), {});
}

}  // namespace node

/// The table `redis` that scripts and functions see: commands, replies, the log, and what changes how the
/// rest of a script runs.
#pragma once

#include <string_view>

struct lua_State;

namespace node {

class ScriptRun;

/// The run that commands called in this state belong to.
void set_script_run(lua_State* lua, ScriptRun& run);
ScriptRun& script_run_of(lua_State* lua);

/// Sets the global `redis`; `eval`: with what only EVAL's scripts have. Replaces the random numbers of
/// `math`.
void open_redis_api(lua_State* lua, bool eval);
/// Adds log, its levels and the version to the table on top.
void add_log_and_version(lua_State* lua);

/// Pushes {err = …}: "-CODE text" as it is, anything else with the general code.
void push_error(lua_State* lua, std::string_view text);
/// And raises it.
int raise_error(lua_State* lua, const char* text);

}  // namespace node

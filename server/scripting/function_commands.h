/// FUNCTION and its subcommands, on the functions and the run that Scripting owns.
#pragma once

#include "server/scripting/functions.h"
#include "server/scripting/script_run.h"

namespace node {

void function_command(Call& c, Functions& functions, ScriptRun& run);

}  // namespace node

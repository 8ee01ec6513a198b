/// The handlers of the commands that run scripts and functions.
#pragma once

#include "server/engine/call.h"

namespace node {

void command_eval(Call& c);
void command_fcall(Call& c);
void command_function(Call& c);
void command_script(Call& c);

}  // namespace node

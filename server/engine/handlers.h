/// The handlers of transactions.
#pragma once

#include "server/engine/call.h"

namespace node {

void command_discard(Call& c);
void command_exec(Call& c);
void command_multi(Call& c);
void command_unwatch(Call& c);
void command_watch(Call& c);

}  // namespace node

// Messages of channels: nobody keeps them, so that no master's stream holds them and nothing of them is
// inherited. What is promised of them is a rule (promises/message_rules.h); this object only knows its own.
#pragma once

#include <memory>

#include "checkers/objects/object.h"

namespace harness {

std::unique_ptr<Object> make_messages_object(const History& history);
/// Commands of a recording, of which only the server knows what they do.
std::unique_ptr<Object> make_commands_object(const History& history);

}  // namespace harness

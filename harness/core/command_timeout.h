// The time that a command itself gives the server: BLPOP key 5 is answered within five seconds, whatever
// happens to the key.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/core/time.h"

namespace harness {

/// How long the server may block on such a command; nothing for one that does not block, names no time that
/// can be read, or asks to block for ever.
std::optional<Nanos> blocking_timeout(const std::vector<std::string>& words);

/// Whether the server may keep the reply back for as long as it takes: the command blocks, asks for no reply,
/// or ends the server.
bool may_wait(const std::vector<std::string>& words);

}  // namespace harness

/// A client as CLIENT LIST, CLIENT INFO and ACL LOG show it.
#pragma once

#include <string>

#include "server/engine/ports.h"
#include "server/engine/session.h"

namespace node {

/// `now_ms`: what its ages are counted to. No line end.
std::string client_line(const SessionsPort& sessions, const Session& session, std::int64_t now_ms);

}  // namespace node

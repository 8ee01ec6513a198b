// What a server has said already, whether it was asked for or not.
#pragma once

#include <vector>

#include "harness/client/connection.h"

namespace harness {

/// The whole replies that have come on the connection. Waits for nothing; half a reply stays for later.
Result<std::vector<Reply>> arrived(Connection& connection);

}  // namespace harness

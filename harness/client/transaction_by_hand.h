// A transaction as a person types it: MULTI and the commands, a pause, then EXEC, so that much can happen
// between the two.
#pragma once

#include <chrono>
#include <string_view>

#include "harness/client/session.h"

namespace harness {

/// EXEC carried out what was queued although one of the commands had been refused.
inline constexpr std::string_view kExecutedAfterRefusal = "executed-after-refusal";

/// `commands` begin with MULTI. All or nothing, on the node that serves the key's slot. ok: `reply` is EXEC's
/// array, of which an element may be an error; info with kExecutedAfterRefusal; else as Session::transaction.
/// The client serves nothing else meanwhile.
Task<Answer> transaction_by_hand(Client& client, std::string_view key, const Commands& commands,
                                 std::chrono::milliseconds pause);

}  // namespace harness

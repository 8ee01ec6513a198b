// What is promised of messages (PROMISES.md row 23): at most once, in the order in which one node was given
// them, and to every subscription that is there, unless something happened to the cluster meanwhile.
#pragma once

#include "checkers/promises/load_rules.h"

namespace harness {

/// measured: messages, deliveries, missed (of them excused), subscriptions that ended in each way.
void check_messages(const Analysis&, const std::vector<std::uint32_t>& operations, CheckResult&);
/// The same of shard channels, whose subscribers are told when the slot goes to another shard.
void check_shard_messages(const Analysis&, const std::vector<std::uint32_t>& operations, CheckResult&);

}  // namespace harness

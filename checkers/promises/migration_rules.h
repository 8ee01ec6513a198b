// What a node has to answer about a slot that it serves, sends away, takes in or does not have (PROMISES.md
// row 22), where the plan's own SETSLOT commands make the slot's state certain and nothing else happened.
#pragma once

#include "checkers/promises/load_rules.h"

namespace harness {

/// Groups are whole (check_groups), and answers of single nodes are right. measured: the table, as figures
/// COMMAND_STATE_ANSWER, and answers_judged.
void check_migrating(const Analysis&, const std::vector<std::uint32_t>& operations, CheckResult&);

}  // namespace harness

// A slot migration that is disturbed half-way: what the faults migrate-then-kill, -pause and -cut share.
// Slots go from one master to another as an administrator moves them; the last one is left at a named stage,
// and there the blow falls on its source, its target, or a replica of either. Healing ends the blow and then
// closes the slot, as `redis-cli --cluster fix` would: its keys go on to the shard that was to have it.
#pragma once

#include <array>

#include "harness/faults/common/fault.h"

namespace harness {

inline constexpr std::array<std::string_view, 4> kMigrationStages = {"importing-set", "migrating-set",
                                                                     "keys-moved", "node-set-at-target"};
inline constexpr std::array<std::string_view, 4> kMigrationVictims = {"source", "target", "source-replica",
                                                                      "target-replica"};
inline constexpr Parameter kMigrateThenParameters[] = {
    {"stage",
     Parameter::Kind::kChoice,
     "how far the last slot has come when the blow falls",
     {},
     "\"keys-moved\"",
     0,
     0,
     kMigrationStages},
    {"who", Parameter::Kind::kChoice, "whom it hits", {}, "\"source\"", 0, 0, kMigrationVictims},
    {"to", Parameter::Kind::kTarget, "who gets the slots; without it another master, drawn", {}, "null"},
    {"slot",
     Parameter::Kind::kInteger,
     "the last slot; without it one that holds keys",
     {},
     "null",
     0,
     kSlotCount - 1},
    {"slots", Parameter::Kind::kInteger, "how many are moved, the last one included", "slots", "1", 1, 16384},
    {"keys", Parameter::Kind::kInteger, "how many keys of the last slot move first, at stage keys-moved",
     "keys", "1", 1, 1e6}};

/// What falls on the victim: an inject function of the table of faults that needs no parameters.
using Blow = std::unique_ptr<ActiveFault> (*)(FaultContext&, const FaultRequest&, FaultRecord&);

/// `verb`: what the blow does, for the description: "kill".
std::unique_ptr<ActiveFault> inject_migrate_then(FaultContext& context, const FaultRequest& request,
                                                 FaultRecord& record, std::string_view verb, Blow blow);

}  // namespace harness

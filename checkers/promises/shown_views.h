// The forms in which a node describes the cluster, made comparable: who owns each slot by NODES, by SLOTS and
// by SHARDS; and lines of each for people.
#pragma once

#include <string>
#include <vector>

#include "harness/core/run_record.h"

namespace harness {

/// Each slot's owner by one form, by node id; empty: nobody.
using SlotOwners = std::vector<std::string>;

SlotOwners owners_by(const Topology& nodes);
SlotOwners owners_by(const std::vector<ShownRange>& slots);
/// The master of each shard owns its slots.
SlotOwners owners_by(const std::vector<ShownShard>& shards);

/// The slots whose owners differ.
SlotRanges differing(const SlotOwners& a, const SlotOwners& b);

/// What is written of the slot, or of the node, in each form: as short texts for people.
std::string nodes_text(const FinalView& view, std::string_view id);
std::string slots_text_of(const RunRecord& run, const FinalView& view, int slot);
std::string shard_text(const RunRecord& run, const ShownShard& shard);
/// The node's name, or the id when it is none of the record's.
std::string name_of_id(const RunRecord& run, const std::string& id);

}  // namespace harness

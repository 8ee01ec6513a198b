// What commands of the plan did to keys behind the loads' backs: a write of a load's key is no client's, and
// a slot that is given or taken by ADDSLOTS or DELSLOTS leaves its keys where they are. Both are as the plan
// wants them, and no rule of the ledger says what the loads see of such keys then.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/run_record.h"

namespace harness {

class ByHand {
 public:
  explicit ByHand(const RunRecord& run);

  /// Whether a command named the key and may have changed it.
  bool wrote(std::string_view key) const;
  /// Whether a command gave the slot to a node, or took it from one, without its keys.
  bool placed(int slot) const { return slots_.contains(slot); }

 private:
  std::set<std::string, std::less<>> words_;  // of commands that may write
  std::vector<std::string> scripts_;
  std::set<int> slots_;
};

}  // namespace harness

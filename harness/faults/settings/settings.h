// What the faults that change settings share: CONFIG SET, verified, and put back.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/faults/common/fault.h"

namespace harness {

/// One directive of one node, as it was.
struct ChangedSetting {
  Node* node;
  std::string name;
  std::string before;
};

/// Sets the directive at the node and adds it to `changed`, to be put back; the evidence says what it was and
/// is. False, with the reason in the record, when the node does not know it, or refuses.
bool change_setting(Node& node, const std::string& name, const std::string& value, FaultRecord& record,
                    std::vector<ChangedSetting>& changed);

/// Puts the settings back in reverse order. A node that is dead reads its configuration file when it starts:
/// the setting is gone with its process.
std::unique_ptr<ActiveFault> until_put_back(std::vector<ChangedSetting> changed, const RunClock& clock);

}  // namespace harness

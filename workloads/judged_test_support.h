// What the tests of workloads ask of a recorded history.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "checkers/objects/objects.h"
#include "checkers/objects/one_master.h"

namespace harness {

/// What the object says of the history as if one master had served it: no failover, no window.
inline std::vector<std::string> conflicts(std::string_view name, const History& history) {
  const auto object = find_object(name)->make(history);
  std::map<std::uint32_t, std::vector<std::uint32_t>> instances;
  for (std::uint32_t id = 0; id < history.operations.size(); ++id) {
    const Operation& op = history.operations[id];
    if (!object->takes(op)) continue;
    object->prepare(op);
    instances[object->instance(op)].push_back(id);
  }
  std::vector<std::string> found;
  for (const auto& [instance, operations] : instances)
    for (const Conflict& conflict : conflicts_on_one_master(history, *object, operations))
      found.push_back(conflict.text);
  return found;
}

}  // namespace harness

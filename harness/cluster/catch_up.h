// Waiting until replicas have applied what their masters had sent: only then can the two be compared.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "harness/cluster/roles.h"

namespace harness {

/// Remembers what each master had sent when it was seen first: its keepalives go on, its data does not.
class CatchUp {
 public:
  explicit CatchUp(std::vector<NodeInfo> nodes) : nodes_(std::move(nodes)) {}

  /// Replicas that have not been seen with all that their master had sent, each with the reason in words.
  /// A replica that was once seen so stays so.
  std::map<int, std::string> behind(const Roles& roles);

 private:
  std::string why_behind(const Roles& roles, int master, int replica);

  const std::vector<NodeInfo> nodes_;
  std::map<int, std::int64_t> sent_;  // by master
  std::map<int, int> reached_;        // replica -> its master then
};

/// Looks until none is behind or the patience ends; returns who still is.
std::map<int, std::string> wait_until_caught_up(CatchUp& catch_up, const std::function<Roles()>& look,
                                                std::chrono::milliseconds patience);

}  // namespace harness

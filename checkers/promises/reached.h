// The states that a plan may insist on (limits.must-reach): whether the record shows that the run came there.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "checkers/promises/analysis.h"

namespace harness {

/// Empty when the run reached the state; else why the record does not show it: it was not reached, or what
/// would tell it was not recorded, or nothing here knows the state.
std::string why_not_reached(const Analysis& analysis, std::string_view state);

struct ReachedState {
  std::string_view name;
  std::optional<bool> reached;  // nothing: the record cannot tell
};
/// Every state that is known here, those that a plan cannot insist on among them.
std::vector<ReachedState> reached_states(const Analysis& analysis);

}  // namespace harness

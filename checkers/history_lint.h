// "history-lint": whether the recorded history can be believed. A value whose only writer failed was read, a
// process offered something while it waited or after it had ended, an answer that nobody gave: then it is
// likely that the client, not the server, made a mistake, and the verdict that rests on the history is in
// doubt.
#pragma once

#include "checkers/common/checker.h"

namespace harness {

/// Never a violation: what it finds is unknown. measured: operations, failed_writes_read, processes_at_odds,
/// answers_without_node, errors_not_understood.
CheckResult check_history_lint(const Analysis& analysis, const CheckOptions& options);

}  // namespace harness

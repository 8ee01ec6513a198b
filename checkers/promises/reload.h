// "reload": after an orderly end a node's files give what the node held.
#pragma once

#include "checkers/common/checker.h"

namespace harness {

/// Compares each node's data of the end with what a server alone loads from its files, structurally (as
/// "replicas" does). Only where the recorded persistence keeps the data, and no fault touched the node's
/// files or disk: else not applicable.
CheckResult check_reload(const Analysis& analysis, const CheckOptions& options);

}  // namespace harness

// The checker "epochs" (checkers/PROMISES.md rows 11 to 13): config epochs won by failover are unique and
// increase; no node's epochs go back, not even across SIGKILL and restart; in the end all serving masters
// differ.
#pragma once

#include "checkers/common/checker.h"

namespace harness {

/// unknown: no views. measured: current_epoch_max, epochs_won, unsaved_epochs (a current epoch that was only
/// heard of, and forgotten by a killed process: the server saves it with its next vote or configuration).
CheckResult check_epochs(const Analysis& analysis, const CheckOptions& options);

}  // namespace harness

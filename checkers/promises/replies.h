// The errors that a node answers must be ones that it may answer in the state it was in (checkers/PROMISES.md
// row 26): a redirection names a node that there is, and the slot of the key; CROSSSLOT is for keys of
// several slots; CLUSTERDOWN and READONLY contradict a node that says of itself, all the while, that the
// cluster is ok, or that it is a master. Only what the record proves is a violation.
#pragma once

#include "checkers/common/checker.h"

namespace harness {

CheckResult check_replies(const Analysis& analysis, const CheckOptions& options);

}  // namespace harness

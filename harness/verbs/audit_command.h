// harness audit CANDIDATE --baseline SPEC: is a build worse than another one?
#pragma once

namespace harness {

int audit_command(int argc, const char* const* argv);

}  // namespace harness

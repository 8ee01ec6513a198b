// What this build is.
#pragma once

#include <string>
#include <string_view>

namespace harness {

/// Ten digits of the commit, "-dirty" behind it when files differ from it; empty outside a git repository.
/// Written at each build (ci/commit.cmake).
std::string_view built_from_commit();

/// "harness 0.1.0 (commit 73e17c5a2b)"
std::string version_text();

}  // namespace harness

// harness diff RUN RUN: two stored runs side by side.
#pragma once

#include <string>

namespace harness {

/// Two runs of the store side by side, as text. Throws UsageError for a run that is not there.
std::string diff_text(const std::string& store, const std::string& before, const std::string& after);

int diff_command(int argc, const char* const* argv);

}  // namespace harness

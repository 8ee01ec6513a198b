// The verb `completion`: what a shell needs to complete command lines of the harness.
#pragma once

#include <string>
#include <string_view>

namespace harness {

/// The script for bash, zsh or fish. Verbs, scenarios and suites are this build's; a verb's options are asked
/// of the harness itself when they are wanted. Throws UsageError for another shell.
std::string completion_script(std::string_view shell);

int completion_command(int argc, const char* const* argv);

}  // namespace harness

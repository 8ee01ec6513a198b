// What every verb does with its command line: CLI11, with suggestions for misspelt options and our exit
// codes.
#pragma once

#include <CLI/CLI.hpp>

namespace harness {

/// Parses. False when the verb is done already (--help was printed). Throws UsageError, with the nearest
/// option for a misspelt one.
bool parse_command_line(CLI::App& app, int argc, const char* const* argv);

/// A number from `least` to `most`; CLI::Range and the like take nan.
CLI::Validator number_between(double least, double most);

}  // namespace harness

// Manual pages, from the tables that --help is printed from.
#pragma once

#include <string>

#include "harness/verbs/command_help.h"

namespace harness {

/// harness(1): the verbs, exit codes and files.
std::string man_page();
/// harness-run(1) and the like.
std::string man_page(const CommandHelp& command);

}  // namespace harness

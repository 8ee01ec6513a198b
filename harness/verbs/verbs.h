// The table of verbs.
#pragma once

#include <span>
#include <string_view>

#include "harness/core/exit_code.h"

namespace harness {

struct CommandEntry {
  std::string_view name;
  std::string_view description;
  int (*run)(int argc, const char* const* argv);  // argv[0] is the verb
};

std::span<const CommandEntry> commands();

}  // namespace harness

// Which subcommand of CLUSTER a command of the plan was.
#pragma once

#include <string_view>

#include "harness/core/run_record.h"
#include "harness/core/same_word.h"

namespace harness {

/// Whether it was CLUSTER with this subcommand (in capitals), whatever became of it.
inline bool is_cluster_command(const CommandRecord& command, std::string_view subcommand) {
  return command.words.size() > 1 && same_word(command.words[0], "CLUSTER") &&
         same_word(command.words[1], subcommand);
}

}  // namespace harness

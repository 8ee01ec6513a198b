// What a verb takes, told by the same declaration that reads its command line: what man pages and completion
// are made from.
#pragma once

#include <string>
#include <vector>

#include "harness/verbs/verbs.h"

namespace CLI {
class App;
}

namespace harness {

struct OptionHelp {
  std::string name;   // "--seed"; of a positional argument "RUN"
  std::string value;  // "UINT", "FILE"; empty: a flag
  std::string description;
  std::string fallback;              // the default, or empty
  std::vector<std::string> choices;  // words that it may be, where they are few
  bool positional = false;
  bool required = false;
};

struct CommandHelp {
  std::string name;
  std::string description;
  std::vector<OptionHelp> options;  // positional ones first
};

/// Asks the verb; nothing of it is carried out.
CommandHelp help_of(const CommandEntry& command);

/// For parse_command_line: true when help_of is asking, and then it has its answer.
bool answers_help(const CLI::App& app);

}  // namespace harness

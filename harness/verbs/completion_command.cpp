#include "harness/verbs/completion_command.h"

#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "harness/verbs/command_line.h"
#include "harness/verbs/completion.h"
#include "harness/verbs/verbs.h"

namespace harness {
namespace {

/// Before any other reading: the words may be options.
constexpr std::string_view kWords = "--words";

int print_completions(const std::vector<std::string>& words) {
  for (const Completion& one : completions(words))
    std::cout << one.word << (one.description.empty() ? "" : "\t") << one.description << "\n";
  return kExitPass;
}

}  // namespace

int completion_command(int argc, const char* const* argv) {
  if (argc > 1 && argv[1] == kWords) return print_completions({argv + 2, argv + argc});
  CLI::App app("a script that completes command lines: source <(harness completion bash)", "completion");
  std::string shell;
  app.add_option("SHELL", shell, "bash, zsh or fish")->required();
  if (!parse_command_line(app, argc, argv)) return kExitPass;
  std::cout << completion_script(shell);
  return kExitPass;
}

}  // namespace harness

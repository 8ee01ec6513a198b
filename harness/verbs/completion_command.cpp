#include "harness/verbs/completion_command.h"

#include <iostream>
#include <string>

#include "checkers/checkers.h"
#include "checkers/models.h"
#include "harness/core/check.h"
#include "harness/core/suggest.h"
#include "harness/faults/faults.h"
#include "harness/scenario/scenario.h"
#include "harness/suite/suite_file.h"
#include "harness/verbs/command_line.h"
#include "harness/verbs/verbs.h"
#include "workloads/workloads.h"

namespace harness {
namespace {

constexpr std::string_view kShells[] = {"bash", "zsh", "fish"};
// What the verbs' own help says of their options.
constexpr const char* kOptionsOf = "--help 2>/dev/null | grep -oE -- '--[a-z][a-z-]*' | sort -u";

/// Names of tables and files: letters, digits, dashes and slashes, so that no shell sees more in them.
template <typename Range>
std::string words(const Range& named) {
  std::string text;
  for (const auto& one : named) text += (text.empty() ? "" : " ") + std::string(one.name);
  return text;
}

/// What may stand behind an option, where that is a word of a table.
std::string words_behind() {
  const std::string scenarios = words(bundled_scenarios());
  return "    --scenario) words=\"" + scenarios + "\" ;;\n" + "    --workload) words=\"" +
         words(workloads()) + "\" ;;\n" + "    --nemesis) words=\"none " + words(faults()) + "\" ;;\n" +
         "    --model) words=\"" + words(models()) + "\" ;;\n" + "    --checker) words=\"" +
         words(checkers()) + "\" ;;\n" + "    --suite) words=\"" + words(bundled_suites()) + "\" ;;\n" +
         "    --server|--baseline|--upgrade-to) words=\"redis valkey bundled\" ;;\n"
         "    --sandbox) words=\"auto user root loopback\" ;;\n"
         "    --format) words=\"jsonl edn elle porcupine\" ;;\n";
}

std::string bash_function() {
  return "_harness() {\n"
         "  local word=\"${COMP_WORDS[COMP_CWORD]}\" verb=\"${COMP_WORDS[1]}\" words=\"\"\n"
         "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
         "    words=\"" +
         words(commands()) +
         "\"\n"
         "  elif [[ \"$word\" == -* ]]; then\n"
         "    words=\"$(\"${COMP_WORDS[0]}\" \"$verb\" " +
         std::string(kOptionsOf) +
         ")\"\n"
         "  else case \"${COMP_WORDS[COMP_CWORD-1]}\" in\n" +
         words_behind() +
         "    *) case \"$verb\" in\n"
         "      run|bisect) words=\"" +
         words(bundled_scenarios()) +
         "\" ;;\n"
         "      suite) words=\"" +
         words(bundled_suites()) +
         "\" ;;\n"
         "      completion) words=\"bash zsh fish\" ;;\n"
         "      replay|diff|shrink|report|check|export) words=\"latest $(ls store 2>/dev/null)\" ;;\n"
         "    esac ;;\n"
         "  esac; fi\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$word\") $([[ \"$word\" == -* ]] || compgen -f -- "
         "\"$word\"))\n"
         "}\n";
}

std::string fish_script() {
  std::string text;
  for (const CommandEntry& command : commands())
    text += "complete -c harness -n __fish_use_subcommand -a " + std::string(command.name) + " -d '" +
            std::string(command.description) + "'\n";
  text +=
      "complete -c harness -n '__fish_seen_subcommand_from run' -a '" + words(bundled_scenarios()) + "'\n";
  text += "complete -c harness -n '__fish_seen_subcommand_from suite' -a '" + words(bundled_suites()) + "'\n";
  return text +
         "function __harness_options\n"
         "  set -l line (commandline -opc)\n"
         "  test (count $line) -gt 1; and $line[1] $line[2] " +
         kOptionsOf +
         "\n"
         "end\n"
         "complete -c harness -n 'string match -q -- \"-*\" (commandline -ct)' -a '(__harness_options)'\n";
}

}  // namespace

std::string completion_script(std::string_view shell) {
  if (shell == "bash") return bash_function() + "complete -F _harness harness ./harness\n";
  if (shell == "zsh")
    return "autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n" +
           bash_function() + "complete -F _harness harness ./harness\n";
  if (shell == "fish") return fish_script();
  throw UsageError("there is no completion for '" + std::string(shell) + "'" + suggestion(shell, kShells) +
                   ": bash, zsh or fish");
}

int completion_command(int argc, const char* const* argv) {
  CLI::App app("a script that completes command lines: source <(harness completion bash)", "completion");
  std::string shell;
  app.add_option("SHELL", shell, "bash, zsh or fish")->required();
  if (!parse_command_line(app, argc, argv)) return kExitPass;
  std::cout << completion_script(shell);
  return kExitPass;
}

}  // namespace harness

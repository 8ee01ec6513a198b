#include "harness/verbs/completion.h"

#include <algorithm>
#include <filesystem>
#include <optional>

#include "checkers/checkers.h"
#include "checkers/models.h"
#include "harness/core/check.h"
#include "harness/core/suggest.h"
#include "harness/faults/faults.h"
#include "harness/scenario/scenario.h"
#include "harness/suite/suite_file.h"
#include "harness/verbs/command_help.h"
#include "harness/verbs/schemas.h"
#include "workloads/workloads.h"

namespace harness {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kShells[] = {"bash", "zsh", "fish"};

using Words = std::vector<Completion>;

template <typename Table, typename Description>
Words words_of(const Table& table, Description description) {
  Words words;
  for (const auto& line : table) words.push_back({std::string(line.name), std::string(line.*description)});
  return words;
}

template <typename Names>
Words plain(const Names& names) {
  Words words;
  for (const auto& name : names) words.push_back({std::string(name), {}});
  return words;
}

struct Line {
  const std::vector<std::string>& words;

  /// Where the runs are: what stands behind --store.
  std::string store() const {
    const auto found = std::ranges::find(words, "--store");
    return found != words.end() && found + 1 != words.end() ? *(found + 1) : "store";
  }
};

Words runs(const Line& line) {
  std::vector<std::string> ids{"latest"};
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(line.store(), error))
    if (!entry.is_symlink() && fs::is_regular_file(entry.path() / "run.json", error))
      ids.push_back(entry.path().filename().string());
  std::ranges::sort(ids, std::greater{});  // the newest first
  return plain(ids);
}
Words scenarios(const Line&) {
  return plain([] {
    std::vector<std::string_view> names;
    for (const BundledScenario& one : bundled_scenarios()) names.push_back(one.name);
    return names;
  }());
}
Words suites(const Line&) {
  Words words;
  for (const BundledSuite& one : bundled_suites()) words.push_back({std::string(one.name), {}});
  return words;
}
Words fault_names(const Line&) {
  Words words = words_of(faults(), &Fault::description);
  words.push_back({"none", "no fault"});
  return words;
}
Words workload_names(const Line&) {
  return words_of(workloads(), &WorkloadEntry::description);
}
Words model_names(const Line&) {
  return words_of(models(), &Model::description);
}
Words checker_names(const Line&) {
  return words_of(checkers(), &Checker::promise);
}
Words builds(const Line&) {
  return {{"redis", "redis-server on PATH"},
          {"valkey", "valkey-server on PATH"},
          {"bundled", "this project's node"}};
}
Words verbs(const Line&) {
  return words_of(commands(), &CommandEntry::description);
}
Words schemas(const Line&) {
  return plain(schema_names());
}
Words shells(const Line&) {
  return plain(kShells);
}

/// What an option's value, or an argument of this name, may be.
struct Kind {
  std::string_view name;
  Words (*words)(const Line&);
};
constexpr Kind kKinds[] = {{"--scenario", scenarios},
                           {"--workload", workload_names},
                           {"--nemesis", fault_names},
                           {"--model", model_names},
                           {"--checker", checker_names},
                           {"--suite", suites},
                           {"--server", builds},
                           {"--baseline", builds},
                           {"--upgrade-to", builds},
                           {"SCENARIO", scenarios},
                           {"SUITE", suites},
                           {"RUN", runs},
                           {"BEFORE", runs},
                           {"AFTER", runs},
                           {"FILE", runs},
                           {"CANDIDATE", builds},
                           {"NAME", schemas},
                           {"SHELL", shells},
                           {"VERB", verbs}};

Words of_kind(std::string_view name, const Line& line) {
  const auto found = std::ranges::find(kKinds, name, &Kind::name);
  return found == std::end(kKinds) ? Words{} : found->words(line);
}

const OptionHelp* option_named(const CommandHelp& help, std::string_view name) {
  const auto found = std::ranges::find(help.options, name, &OptionHelp::name);
  return found == help.options.end() ? nullptr : &*found;
}

Words values_of(const OptionHelp& option, const Line& line) {
  return option.choices.empty() ? of_kind(option.name, line) : plain(option.choices);
}

/// The argument that the last word is, of those without a dash; the last one may be repeated.
const OptionHelp* argument_at(const CommandHelp& help, const std::vector<std::string>& words) {
  std::size_t number = 0;
  for (std::size_t i = 1; i + 1 < words.size(); ++i) {
    const OptionHelp* option = option_named(help, words[i]);
    if (option && !option->value.empty())
      ++i;
    else
      number += !words[i].starts_with("-");
  }
  const auto count = static_cast<std::size_t>(std::ranges::count_if(help.options, &OptionHelp::positional));
  return count == 0 ? nullptr : &help.options[std::min(number, count - 1)];
}

Words candidates(const std::vector<std::string>& words) {
  const Line line{words};
  if (words.size() == 1) return verbs(line);
  const auto command = std::ranges::find(commands(), words[0], &CommandEntry::name);
  if (command == commands().end()) return {};
  const CommandHelp help = help_of(*command);
  const OptionHelp* before = option_named(help, words[words.size() - 2]);
  if (before && !before->positional && !before->value.empty()) return values_of(*before, line);
  if (!words.back().starts_with("-")) {
    const OptionHelp* argument = argument_at(help, words);
    return argument ? values_of(*argument, line) : Words{};
  }
  Words options;
  for (const OptionHelp& option : help.options)
    if (!option.positional) options.push_back({option.name, option.description});
  return options;
}

}  // namespace

std::vector<Completion> completions(const std::vector<std::string>& words) {
  if (words.empty()) return {};
  const std::string& written = words.back();
  const std::size_t comma = written.rfind(',');
  const std::string list = comma == std::string::npos ? "" : written.substr(0, comma + 1);
  Words found = candidates(words);
  std::erase_if(found, [&](const Completion& one) { return !(list + one.word).starts_with(written); });
  for (Completion& one : found) one.word.insert(0, list);
  return found;
}

std::string completion_script(std::string_view shell) {
  if (shell == "bash")
    return R"(_harness() {
  local IFS=$'\n'
  COMPREPLY=($("${COMP_WORDS[0]}" completion --words "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | cut -f1))
}
complete -o default -F _harness harness ./harness
)";
  if (shell == "zsh")
    return R"(#compdef harness
_harness() {
  local -a found
  found=("${(@f)$("${words[1]}" completion --words "${(@)words[2,CURRENT]}" 2>/dev/null)}")
  found=("${(@)found//:/\\:}")
  found=("${(@)found//$'\t'/:}")
  if [[ -n "${found[1]}" ]]; then _describe harness found; else _files; fi
}
if [[ "${funcstack[1]}" == _harness ]]; then
  _harness "$@"
else
  (( $+functions[compdef] )) || { autoload -U +X compinit && compinit }
  compdef _harness harness ./harness
fi
)";
  if (shell == "fish")
    return R"(function __harness_words
  set -l words (commandline -opc) (commandline -ct)
  $words[1] completion --words $words[2..-1] 2>/dev/null
end
complete -c harness -a '(__harness_words)'
)";
  throw UsageError("there is no completion for '" + std::string(shell) + "'" + suggestion(shell, kShells) +
                   ": bash, zsh or fish");
}

}  // namespace harness

#include "harness/verbs/command_help.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <utility>

#include "harness/core/check.h"

namespace harness {
namespace {

/// Where help_of wants its answer; null when nobody asks.
thread_local CommandHelp* asked = nullptr;

/// CLI11 writes a set of words as "TEXT:{a,b}".
std::vector<std::string> words_of(const std::string& type) {
  const std::size_t begin = type.find('{'), end = type.rfind('}');
  std::vector<std::string> words;
  if (begin == std::string::npos || end == std::string::npos || end < begin) return words;
  std::string word;
  for (const char c : type.substr(begin + 1, end - begin - 1) + ",") {
    if (c != ',')
      word += c;
    else
      words.push_back(std::exchange(word, {}));
  }
  return words;
}

OptionHelp option_help(const CLI::Option& option) {
  OptionHelp help;
  help.positional = option.get_positional();
  help.name = option.get_name(help.positional);
  const std::string type = option.get_type_name();
  if (option.get_items_expected_max() > 0 && !help.positional) help.value = type.substr(0, type.find(':'));
  help.choices = words_of(type);
  help.description = option.get_description();
  help.fallback = option.get_default_str();
  help.required = option.get_required();
  return help;
}

}  // namespace

bool answers_help(const CLI::App& app) {
  if (asked == nullptr) return false;
  asked->name = app.get_name();
  asked->description = app.get_description();
  for (const CLI::Option* option : app.get_options()) asked->options.push_back(option_help(*option));
  std::ranges::stable_partition(asked->options, &OptionHelp::positional);
  return true;
}

CommandHelp help_of(const CommandEntry& command) {
  CommandHelp help;
  asked = &help;
  const std::string name(command.name);
  const std::array<const char*, 1> words{name.c_str()};
  command.run(1, words.data());
  asked = nullptr;
  CHECK_THAT_HOLDS(help.name == command.name, "the verb " + name + " declares its options before it acts");
  return help;
}

}  // namespace harness

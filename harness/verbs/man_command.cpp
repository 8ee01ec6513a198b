#include "harness/verbs/man_command.h"

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <string>

#include "harness/core/check.h"
#include "harness/core/suggest.h"
#include "harness/run/store.h"
#include "harness/verbs/command_line.h"
#include "harness/verbs/man_page.h"

namespace harness {
namespace {

const CommandEntry& command_named(const std::string& verb) {
  std::vector<std::string_view> names;
  for (const CommandEntry& command : commands()) {
    if (command.name == verb) return command;
    names.push_back(command.name);
  }
  throw UsageError("unknown verb '" + verb + "'" + suggestion(verb, names) + "; 'harness --help' lists them");
}

void write_all(const std::filesystem::path& folder) {
  const std::string place = "--all FOLDER";
  write_file(folder / "harness.1", man_page(), place);
  for (const CommandEntry& command : commands())
    write_file(folder / ("harness-" + std::string(command.name) + ".1"), man_page(help_of(command)), place);
}

}  // namespace

int man_command(int argc, const char* const* argv) {
  CLI::App app("the manual page of a verb, or of all, as man(1) reads it", "man");
  std::string verb, folder;
  app.add_option("VERB", verb, "whose page; without one, harness(1)");
  app.add_option("--all", folder, "write every page into this folder")->type_name("FOLDER");
  if (!parse_command_line(app, argc, argv)) return kExitPass;
  if (!folder.empty()) {
    write_all(folder);
    return kExitPass;
  }
  std::cout << (verb.empty() ? man_page() : man_page(help_of(command_named(verb)))) << std::flush;
  if (!std::cout) throw EnvironmentError("cannot write to stdout");
  return kExitPass;
}

}  // namespace harness

// The executable: finds the verb, runs it, and turns what went wrong into a sentence and an exit code.

#include <algorithm>
#include <exception>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/check.h"
#include "harness/core/suggest.h"
#include "harness/verbs/verbs.h"
#include "harness/verbs/version.h"
#include "reports/text.h"

namespace harness {
namespace {

void print_usage(std::ostream& out) {
  out << "harness " HARNESS_VERSION
         ": breaks a Redis Cluster on purpose and judges whether it kept its promises\n\n"
         "usage: harness VERB [options]\n\n";
  for (const CommandEntry& command : commands())
    out << "  " << command.name << std::string(12 - std::min<std::size_t>(command.name.size(), 11), ' ')
        << command.description << "\n";
  out << "\nharness VERB --help tells more; a first run: harness run failover-basic\n";
}

int dispatch(int argc, const char* const* argv) {
  const std::string_view verb = argc > 1 ? argv[1] : "";
  if (verb == "--help" || verb == "-h" || verb == "help") {
    print_usage(std::cout);
    return kExitPass;
  }
  if (verb == "--version") {
    std::cout << version_text() << "\n";
    return kExitPass;
  }
  std::vector<std::string_view> names;
  for (const CommandEntry& command : commands()) {
    if (command.name == verb) return command.run(argc - 1, argv + 1);
    names.push_back(command.name);
  }
  if (verb.empty()) {
    print_usage(std::cerr);
    return kExitUsage;
  }
  throw UsageError("unknown verb '" + std::string(verb) + "'" + suggestion(verb, names) +
                   "; 'harness --help' lists them");
}

}  // namespace
}  // namespace harness

int main(int argc, char** argv) {
  try {
    return harness::dispatch(argc, argv);
  } catch (const harness::UsageError& error) {
    std::cerr << "harness: " << harness::reporting::terminal_lines(error.what()) << "\n";
    return harness::kExitUsage;
  } catch (const std::exception& error) {
    std::cerr << "harness: " << harness::reporting::terminal_lines(error.what()) << "\n";
    return harness::kExitEnvironment;
  }
}

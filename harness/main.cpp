// The executable: finds the verb, runs it, and turns what went wrong into a sentence and an exit code.

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/check.h"
#include "harness/core/suggest.h"
#include "harness/evidence/damaged.h"
#include "harness/run/left_behind.h"
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

/// A file that is opened later must not take the place of a standard stream that the caller closed: servers'
/// output would be read as something else.
void open_closed_streams() {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(descriptor, F_GETFD) < 0 && errno == EBADF) (void)::open("/dev/null", O_RDWR);
}

/// What could not be printed was not told: only a violation is still worth more.
int after_printing(int code) {
  std::cout.flush();
  if (std::cout) return code;
  std::cerr << "harness: cannot write to stdout (is the disk full?)\n";
  return code == kExitViolation ? code : kExitEnvironment;
}

}  // namespace
}  // namespace harness

int main(int argc, char** argv) {
  harness::open_closed_streams();
  try {
    return harness::end_process(harness::after_printing(harness::dispatch(argc, argv)));
  } catch (const harness::UsageError& error) {
    std::cerr << "harness: " << harness::reporting::terminal_lines(error.what()) << "\n";
    return harness::kExitUsage;
  } catch (const harness::DamagedEvidence& error) {
    std::cerr << "harness: " << harness::reporting::terminal_lines(error.what()) << "\n";
    return harness::kExitUnknown;
  } catch (const std::exception& error) {
    std::cerr << "harness: " << harness::reporting::terminal_lines(error.what()) << "\n";
    return harness::kExitEnvironment;
  }
}

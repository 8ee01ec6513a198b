#include "harness/doctor/examination.h"
#include "harness/sandbox/capture.h"

namespace harness {
namespace {

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

// "7.0.15" out of "Redis server v=7.0.15 sha=…".
std::string server_version(const std::string& line) {
  const auto at = line.find("v=");
  if (at == std::string::npos) return "unknown version (" + line + ")";
  return line.substr(at + 2, line.find(' ', at) - at - 2);
}

Finding redis() {
  if (const auto text = capture({"redis-server", "--version"}))
    return ok("redis-server", "on PATH, " + server_version(first_line(*text)));
  return blocking(
      "redis-server", "not on PATH, and it is what a run tests unless --server says otherwise",
      "`sudo apt-get install redis-server`, or --server with a path, a source tree or tarball, or "
      "debian:redis=VERSION");
}

Finding valkey() {
  if (const auto text = capture({"valkey-server", "--version"}))
    return ok("valkey-server", "on PATH, " + server_version(first_line(*text)));
  return limited(
      "valkey-server", "not on PATH: --server valkey does not work",
      "`sudo apt-get install valkey-server` (Debian 13 and later), or --server debian:valkey=VERSION");
}

Finding compiler() {
  const auto cc = capture({"cc", "--version"});
  const auto make = capture({"make", "--version"});
  if (cc && make) return ok("compiler", first_line(*cc) + ", " + first_line(*make));
  return limited("compiler",
                 std::string("missing: ") + (cc ? "" : "cc ") + (make ? "" : "make ") +
                     "- servers cannot be compiled from source",
                 "`sudo apt-get install gcc make`");
}

Finding source_packages() {
  const bool apt = capture({"apt-get", "--version"}).has_value();
  const bool unpacker = capture({"dpkg-source", "--version"}).has_value();
  if (!apt)
    return limited("source packages", "no apt-get: --server debian:NAME=VERSION does not work",
                   "fetch and unpack the source yourself, and give --server its path");
  if (!unpacker)
    return limited("source packages", "no dpkg-source: --server debian:NAME=VERSION does not work",
                   "`sudo apt-get install dpkg-dev`");
  return ok("source packages", "apt-get and dpkg-source are here (the machine's source lists are not used)");
}

Finding graphviz() {
  if (const auto text = capture({"dot", "-V"})) return ok("graphviz", first_line(*text));
  return limited("graphviz", "no dot: reports lack the drawings of the topology",
                 "`sudo apt-get install graphviz`");
}

}  // namespace

std::vector<Finding> examine_programs() {
  return {redis(), valkey(), compiler(), source_packages(), graphviz()};
}

}  // namespace harness

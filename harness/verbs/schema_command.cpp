#include "harness/verbs/schema_command.h"

#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "harness/core/check.h"
#include "harness/verbs/command_line.h"
#include "harness/verbs/schemas.h"
#include "harness/verbs/verbs.h"

namespace harness {
namespace {

std::string listed() {
  std::string text;
  for (const std::string& name : schema_names())
    text += "  " + name + std::string(name.size() < 16 ? 16 - name.size() : 1, ' ') +
            schema_named(name).at("title").get<std::string>() + "\n";
  return text;
}

}  // namespace

int schema_command(int argc, const char* const* argv) {
  CLI::App app("the JSON Schema of a file that the harness writes", "schema");
  std::string name;
  app.add_option("NAME", name, "which; without one they are listed");
  if (!parse_command_line(app, argc, argv)) return kExitPass;
  std::cout << (name.empty() ? listed() : schema_named(name).dump(2) + "\n") << std::flush;
  if (!std::cout) throw EnvironmentError("cannot write to stdout");
  return kExitPass;
}

}  // namespace harness
